#include "lib/oauth/form.h"

#include "absl/strings/ascii.h"

namespace usher::oauth {

std::string FormEncode(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string encoded;
  encoded.reserve(text.size());
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (absl::ascii_isalnum(byte) || c == '-' || c == '.' || c == '_') {
      encoded += c;
    } else if (c == ' ') {
      encoded += '+';
    } else {
      encoded += {'%', kHex[byte >> 4], kHex[byte & 15]};
    }
  }
  return encoded;
}

void Form::Add(std::string_view name, std::string_view value) {
  if (!text_.empty()) text_ += '&';
  text_ += FormEncode(name);
  text_ += '=';
  text_ += FormEncode(value);
}

}  // namespace usher::oauth

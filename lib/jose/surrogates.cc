#include "lib/jose/surrogates.h"

#include <optional>

namespace usher::jose {
namespace {

std::optional<unsigned> Hex4(std::string_view text) {
  if (text.size() < 4) return std::nullopt;
  unsigned value = 0;
  for (const char c : text.substr(0, 4)) {
    const char lower = static_cast<char>(c | 0x20);
    if (c >= '0' && c <= '9') {
      value = value * 16 + static_cast<unsigned>(c - '0');
    } else if (lower >= 'a' && lower <= 'f') {
      value = value * 16 + static_cast<unsigned>(lower - 'a' + 10);
    } else {
      return std::nullopt;
    }
  }
  return value;
}

}  // namespace

bool HasLoneSurrogate(std::string_view text) {
  size_t at = 0;
  while ((at = text.find('\\', at)) != std::string_view::npos) {
    const std::optional<unsigned> unit =
        text.substr(at, 2) == "\\u" ? Hex4(text.substr(at + 2)) : std::nullopt;
    if (!unit || *unit < 0xd800 || *unit > 0xdfff) {
      at += 2;
      continue;
    }
    const std::optional<unsigned> second = text.substr(at + 6, 2) == "\\u"
                                               ? Hex4(text.substr(at + 8))
                                               : std::nullopt;
    if (*unit > 0xdbff || !second || *second < 0xdc00 || *second > 0xdfff) {
      return true;
    }
    at += 12;
  }
  return false;
}

}  // namespace usher::jose

#include "lib/yaml/text.h"

#include <algorithm>
#include <cstdint>

#include "lib/base/strings.h"
#include "lib/yaml/node.h"

namespace usher::yaml {
namespace {

bool IsControl(unsigned char byte) {
  if (byte == '\t' || byte == '\n' || byte == '\r') return false;
  return byte < 0x20 || byte == 0x7f;
}

// The length of the UTF-8 sequence at the front of `text`, or 0 (RFC 3629
// section 4: shortest form only, no surrogates, nothing above U+10FFFF).
size_t SequenceLength(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
  const uint8_t lead = byte(0);
  if (lead < 0x80) return 1;
  const size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < length) return 0;
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
  }
  const bool overlong =
      (lead == 0xe0 && byte(1) < 0xa0) || (lead == 0xf0 && byte(1) < 0x90);
  const bool surrogate = lead == 0xed && byte(1) > 0x9f;
  const bool too_high = lead == 0xf4 && byte(1) > 0x8f;
  return overlong || surrogate || too_high ? 0 : length;
}

}  // namespace

std::optional<std::string> FindInvalidCharacter(std::string_view text) {
  int line = 1;
  while (!text.empty()) {
    const size_t length = SequenceLength(text);
    if (length == 0) return WithLine("is not UTF-8 text", line);
    if (IsControl(text.front())) {
      return WithLine("contains a control character", line);
    }
    if (text.front() == '\n') ++line;
    text.remove_prefix(length);
  }
  return std::nullopt;
}

std::string Quoted(std::string_view text) {
  constexpr size_t kLongest = 60;
  std::string shown;
  for (std::string_view rest = text; !rest.empty();) {
    const size_t length = std::max<size_t>(1, SequenceLength(rest));
    if (shown.size() + length > kLongest) {
      shown += "...";
      break;
    }
    const bool plain = length > 1 || (rest.front() >= 0x20);
    shown += plain ? rest.substr(0, length) : "?";
    rest.remove_prefix(length);
  }
  return base::StrCat("\"", shown, "\"");
}

}  // namespace usher::yaml

#include "lib/yaml/text.h"

#include "lib/base/text/strings.h"
#include "lib/base/text/utf8.h"
#include "lib/yaml/node.h"

namespace usher::yaml {
namespace {

bool IsControl(unsigned char byte) {
  if (byte == '\t' || byte == '\n' || byte == '\r') return false;
  return byte < 0x20 || byte == 0x7f;
}

}  // namespace

std::optional<std::string> FindInvalidCharacter(std::string_view text) {
  int line = 1;
  while (!text.empty()) {
    const auto character = base::FirstUtf8Character(text);
    if (!character) return WithLine("is not UTF-8 text", line);
    if (IsControl(text.front())) {
      return WithLine("contains a control character", line);
    }
    if (text.front() == '\n') ++line;
    text.remove_prefix(character->size);
  }
  return std::nullopt;
}

std::string Quoted(std::string_view text) {
  // A key in the wrong place must not reach a log.
  if (text.find("-----BEGIN") != std::string_view::npos) {
    return "(PEM text, not shown)";
  }
  constexpr size_t kMaxLength = 60;
  std::string shown;
  for (std::string_view rest = text; !rest.empty();) {
    const auto character = base::FirstUtf8Character(rest);
    const size_t length = character ? character->size : 1;
    if (shown.size() + length > kMaxLength) {
      shown += "...";
      break;
    }
    const bool is_printable = length > 1 || rest.front() >= 0x20;
    shown += is_printable ? rest.substr(0, length) : "?";
    rest.remove_prefix(length);
  }
  return base::StrCat("\"", shown, "\"");
}

}  // namespace usher::yaml

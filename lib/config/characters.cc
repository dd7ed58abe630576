#include "lib/config/characters.h"

#include "lib/base/strings.h"
#include "lib/base/utf8.h"
#include "lib/config/node.h"

namespace usher::config {
namespace {

bool IsControl(unsigned char byte) {
  if (byte == '\t' || byte == '\n' || byte == '\r') return false;
  return byte < 0x20 || byte == 0x7f;
}

}  // namespace

std::optional<std::string> CharacterFault(std::string_view text) {
  int line = 1;
  while (!text.empty()) {
    const auto character = base::FirstUtf8Character(text);
    if (!character) return AtLine("is not UTF-8 text", line);
    if (IsControl(text.front())) {
      return AtLine("holds a control character", line);
    }
    if (text.front() == '\n') ++line;
    text.remove_prefix(character->size);
  }
  return std::nullopt;
}

std::string Quoted(std::string_view text) {
  constexpr size_t kLongest = 60;
  std::string shown;
  for (std::string_view rest = text; !rest.empty();) {
    const auto character = base::FirstUtf8Character(rest);
    const size_t length = character ? character->size : 1;
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

}  // namespace usher::config

#include "lib/base/text/visible.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "lib/base/text/utf8.h"

namespace usher::base {
namespace {

struct Range {
  char32_t first, last;
};
constexpr auto kInvisible = std::to_array<Range>({
    {0x00, 0x1f},        // C0 controls
    {0x7f, 0x9f},        // DEL and C1 controls
    {0xad, 0xad},        // soft hyphen
    {0x034f, 0x034f},    // combining grapheme joiner
    {0x061c, 0x061c},    // Arabic letter mark
    {0x115f, 0x1160},    // Hangul fillers
    {0x17b4, 0x17b5},    // Khmer inherent vowels
    {0x180b, 0x180f},    // Mongolian selectors and vowel separator
    {0x200b, 0x200f},    // zero width, direction marks
    {0x2028, 0x202e},    // line separators, direction overrides
    {0x2060, 0x206f},    // invisible operators, direction isolates
    {0x3164, 0x3164},    // Hangul filler
    {0xfeff, 0xfeff},    // byte order mark
    {0xffa0, 0xffa0},    // halfwidth Hangul filler
    {0xfff0, 0xfffb},    // unassigned, interlinear annotation
    {0xfffe, 0xffff},    // noncharacters
    {0x1d173, 0x1d17a},  // musical controls
    {0xe0000, 0xe0fff},  // tags, variation selectors, unassigned
});

std::string Hex(const char* format, unsigned value) {
  char text[16];
  std::snprintf(text, sizeof text, format, value);
  return text;
}

}  // namespace

bool IsInvisible(char32_t code) {
  return std::ranges::any_of(kInvisible, [code](Range range) {
    return code >= range.first && code <= range.last;
  });
}

std::string Visible(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const auto character = FirstUtf8Character(text);
    const size_t size = character ? character->size : 1;
    if (!character) {
      out += Hex("\\x{%02x}", static_cast<unsigned char>(text[0]));
    } else if (IsInvisible(character->code)) {
      out += Hex("\\u{%x}", static_cast<unsigned>(character->code));
    } else {
      out += text.substr(0, size);
    }
    text.remove_prefix(size);
  }
  return out;
}

void AppendJsonEscape(std::string& out, char32_t code) {
  if (code > 0xffff) {
    const char32_t rest = code - 0x10000;
    out += Hex("\\u%04x", static_cast<unsigned>(0xd800 + (rest >> 10)));
    code = 0xdc00 + (rest & 0x3ff);
  }
  out += Hex("\\u%04x", static_cast<unsigned>(code));
}

std::string VisibleJson(std::string_view json) {
  std::string out;
  while (!json.empty()) {
    const auto character = FirstUtf8Character(json);
    const size_t size = character ? character->size : 1;
    // Below a space there is only white space between the parts: inside strings
    // JSON has no such characters.
    if (!character) {
      out += "\xEF\xBF\xBD";
    } else if (character->code >= 0x20 && IsInvisible(character->code)) {
      AppendJsonEscape(out, character->code);
    } else {
      out += json.substr(0, size);
    }
    json.remove_prefix(size);
  }
  return out;
}

}  // namespace usher::base

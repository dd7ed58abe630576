#include "lib/base/text/visible.h"

#include <gtest/gtest.h>

#include <string>

#include "lib/base/json_writer.h"
#include "lib/base/text/utf8.h"

namespace usher::base {
namespace {

std::string Utf8(char32_t code) {
  if (code < 0x80) return {static_cast<char>(code)};
  if (code < 0x800) {
    return {static_cast<char>(0xc0 | code >> 6),
            static_cast<char>(0x80 | (code & 0x3f))};
  }
  if (code < 0x10000) {
    return {static_cast<char>(0xe0 | code >> 12),
            static_cast<char>(0x80 | (code >> 6 & 0x3f)),
            static_cast<char>(0x80 | (code & 0x3f))};
  }
  return {static_cast<char>(0xf0 | code >> 18),
          static_cast<char>(0x80 | (code >> 12 & 0x3f)),
          static_cast<char>(0x80 | (code >> 6 & 0x3f)),
          static_cast<char>(0x80 | (code & 0x3f))};
}

// Whether a terminal would act on anything in it.
bool HasInvisible(std::string_view text) {
  while (!text.empty()) {
    const auto character = FirstUtf8Character(text);
    if (!character || IsInvisible(character->code)) return true;
    text.remove_prefix(character->size);
  }
  return false;
}

constexpr char32_t kHostile[] = {
    0x00,   0x07,   0x08,   0x0a,   0x0d,    0x1b,    0x7f,   0x80,
    0x85,   0x9b,   0x9d,   0x9f,   0xad,    0x61c,   0x200b, 0x200d,
    0x200e, 0x200f, 0x2028, 0x2029, 0x202a,  0x202e,  0x2060, 0x2066,
    0x2069, 0xfeff, 0xfff9, 0xffff, 0xe0001, 0xe007f, 0x1d173};

TEST(Visible, EscapesWhatATerminalWouldActOnOrHide) {
  for (const char32_t code : kHostile) {
    const std::string text = "a" + Utf8(code) + "b";
    EXPECT_TRUE(HasInvisible(text)) << static_cast<unsigned>(code);
    EXPECT_FALSE(HasInvisible(Visible(text))) << static_cast<unsigned>(code);
    std::string json;
    AppendJsonString(json, text);
    EXPECT_FALSE(HasInvisible(json)) << json;
  }
  EXPECT_EQ(Visible("\x1b[2J"), "\\u{1b}[2J");
  EXPECT_EQ(Visible(Utf8(0x202e)), "\\u{202e}");
}

TEST(Visible, KeepsTextOfEveryScript) {
  for (const char* text : {"", "plain ~", "\u00e9\u00df", "\u65e5\u672c",
                           "\u0627\u0644", "\U0001f600"}) {
    EXPECT_EQ(Visible(text), text);
    EXPECT_EQ(VisibleJson(text), text);
  }
}

TEST(Visible, ShowsBytesThatAreNotUtf8) {
  EXPECT_EQ(Visible("a\xff\xc0\x80"), "a\\x{ff}\\x{c0}\\x{80}");
  EXPECT_EQ(Visible("\xe2\x80"), "\\x{e2}\\x{80}");
}

// 0 to 0x10FFFF, whole: nothing that is invisible gets through.
TEST(Visible, LetsNoInvisibleCharacterThrough) {
  std::string all;
  for (char32_t code = 0; code <= 0x10ffff; ++code) {
    if (code >= 0xd800 && code <= 0xdfff) continue;
    all += Utf8(code);
  }
  EXPECT_FALSE(HasInvisible(Visible(all)));
  std::string json;
  AppendJsonString(json, all);
  EXPECT_FALSE(HasInvisible(json));
}

TEST(VisibleJson, EscapesInStringsAndKeepsWhiteSpaceBetweenParts) {
  EXPECT_EQ(VisibleJson("{\n \"a\":\t\"\u202e\x7f\"\r\n}"),
            "{\n \"a\":\t\"\\u202e\\u007f\"\r\n}");
  EXPECT_EQ(VisibleJson("\"" + Utf8(0xe0001) + "\""), "\"\\udb40\\udc01\"");
  EXPECT_EQ(VisibleJson("\"\xff\""), "\"\xEF\xBF\xBD\"");
}

}  // namespace
}  // namespace usher::base

#include "lib/base/text/utf8.h"

#include <gtest/gtest.h>

#include <string>

namespace usher::base {
namespace {

// The UTF-8 form of `code`, without any check.
std::string Encode(char32_t code, size_t size) {
  if (size == 1) return std::string(1, static_cast<char>(code));
  std::string bytes;
  for (size_t i = 0; i + 1 < size; ++i, code >>= 6) {
    bytes.insert(bytes.begin(), static_cast<char>(0x80 | (code & 0x3f)));
  }
  const unsigned lead = (0xf00u >> size) & 0xff;
  bytes.insert(bytes.begin(), static_cast<char>(lead | code));
  return bytes;
}

TEST(Utf8, AcceptsEveryCharacterInItsShortestFormOnly) {
  constexpr char32_t kLast[] = {0, 0x7f, 0x7ff, 0xffff, 0x1fffff};
  for (size_t size = 1; size <= 4; ++size) {
    // Every one in one to three bytes; in four every 16th and its neighbour.
    for (char32_t code = 0; code <= kLast[size];
         code += size < 4 || code % 16 == 15 ? 1 : 15) {
      const bool surrogate = code >= 0xd800 && code <= 0xdfff;
      const bool well_formed = (size == 1 || code > kLast[size - 1]) &&
                               code <= 0x10ffff && !surrogate;
      const auto character = FirstUtf8Character(Encode(code, size));
      ASSERT_EQ(character.has_value(), well_formed)
          << std::hex << static_cast<uint32_t>(code) << " of " << size;
      if (!character) continue;
      ASSERT_EQ(character->code, code);
      ASSERT_EQ(character->size, size);
    }
  }
}

TEST(Utf8, TakesTheFirstCharacterOfMany) {
  const auto character = FirstUtf8Character("\xC3\xA4\xFF");
  ASSERT_TRUE(character);
  EXPECT_EQ(character->code, U'\u00e4');
  EXPECT_EQ(character->size, 2u);
}

TEST(Utf8, RefusesWhatIsCutOffOrHasNoLead) {
  for (const char* text :
       {"\x80", "\xBF", "\xC3", "\xE2\x82", "\xF0\x9F\x98", "\xC3(",
        "\xE2(\xA1", "\xFE", "\xFF", "\xC0\xAF", "\xF5\x80\x80\x80"}) {
    EXPECT_FALSE(FirstUtf8Character(text)) << text;
  }
}

}  // namespace
}  // namespace usher::base

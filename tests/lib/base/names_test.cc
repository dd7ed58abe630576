#include "lib/base/names.h"

#include <gtest/gtest.h>

#include <string>

namespace usher::base {
namespace {

TEST(Name, IsShortAndOfPlainCharacters) {
  for (const char* text : {"a", "corp", "corp-2_b", "9"}) {
    EXPECT_TRUE(IsName(text)) << text;
  }
  EXPECT_TRUE(IsName(std::string(63, 'a')));
  EXPECT_FALSE(IsName(std::string(64, 'a')));
  for (const char* text : {"", "Corp", "a b", "a.b", "a/b", "\xC3\xA4"}) {
    EXPECT_FALSE(IsName(text)) << text;
  }
}

}  // namespace
}  // namespace usher::base

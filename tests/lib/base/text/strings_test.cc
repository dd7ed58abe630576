#include "lib/base/text/strings.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"

namespace usher::base {
namespace {

TEST(StrCat, JoinsTextAndIntegers) {
  EXPECT_EQ(StrCat("expired ", 12, "s ago", '!', std::string(" "), -1),
            "expired 12s ago! -1");
  EXPECT_EQ(StrCat(), "");
}

TEST(Join, PutsTheSeparatorBetweenElements) {
  EXPECT_EQ(Join(std::vector<std::string>{"a", "b"}, ", "), "a, b");
  EXPECT_EQ(Join(std::vector<std::string_view>{"a"}, ", "), "a");
  EXPECT_EQ(Join(std::vector<int>{1, 2, 3}, ""), "123");
  EXPECT_EQ(Join(std::vector<std::string>{"", ""}, ","), ",");
  EXPECT_EQ(Join(std::vector<std::string>{}, ","), "");
}

TEST(EqualsIgnoreCase, ComparesAsciiLetters) {
  EXPECT_TRUE(EqualsIgnoreCase("BEARER", "bearer"));
  EXPECT_FALSE(EqualsIgnoreCase("bearer", "bearer "));
  EXPECT_FALSE(EqualsIgnoreCase("\xC3\x84", "\xC3\xA4"));
}

TEST(Absl, KeepsEveryByteBothWays) {
  const std::string_view text("a\0b", 3);
  EXPECT_EQ(Std(Absl(text)), text);
}

TEST(StringHash, FindsByViewWhatIsKeyedByString) {
  absl::flat_hash_map<std::string, int, StringHash, std::equal_to<>> map;
  map["corp"] = 1;
  EXPECT_EQ(map.find(std::string_view("corp"))->second, 1);
  EXPECT_EQ(map.find(std::string_view("corp2")), map.end());
}

}  // namespace
}  // namespace usher::base

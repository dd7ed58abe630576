#include "lib/pattern/pattern.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace usher::pattern {
namespace {

using ::testing::HasSubstr;

TEST(Pattern, MatchesTheWholeTextOnly) {
  const auto pattern = Pattern::Create("orders-[a-z]+|ops");
  ASSERT_TRUE(pattern.ok());
  EXPECT_TRUE(pattern->Matches("orders-eu"));
  EXPECT_TRUE(pattern->Matches("ops"));
  EXPECT_FALSE(pattern->Matches("xorders-eu"));
  EXPECT_FALSE(pattern->Matches("orders-eu\n"));
  EXPECT_FALSE(pattern->Matches("ops2"));
  EXPECT_FALSE(pattern->Matches(""));
}

TEST(Pattern, NamesWhatIsWrongWithAnExpression) {
  for (const char* text : {"(", "a**b(", "[z-a]", "(?=x)", "\\1"}) {
    const auto pattern = Pattern::Create(text);
    ASSERT_FALSE(pattern.ok()) << text;
    EXPECT_THAT(std::string(pattern.status().message()),
                HasSubstr("is not a valid pattern: "))
        << text;
  }
  EXPECT_FALSE(Pattern::Create("").ok());
  EXPECT_FALSE(Pattern::Create(std::string(Pattern::kMaxSize + 1, 'a')).ok());
}

TEST(Pattern, RefusesAnExpressionThatNeedsTooMuchMemory) {
  EXPECT_FALSE(Pattern::Create("((a{100}){100}){100}").ok());
  EXPECT_FALSE(Pattern::Create("(\\pL{50}){20}").ok());
}

TEST(Pattern, MatchesLongTextsInBoundedMemoryAndTime) {
  const auto pattern = Pattern::Create("(a|aa)*(a|b)*c");
  ASSERT_TRUE(pattern.ok());
  EXPECT_FALSE(pattern->Matches(std::string(1 << 20, 'a')));
  EXPECT_TRUE(pattern->Matches(std::string(1 << 20, 'a') + "c"));
}

TEST(Pattern, IsComparedByItsText) {
  EXPECT_EQ(*Pattern::Create("a+"), *Pattern::Create("a+"));
  EXPECT_FALSE(*Pattern::Create("a+") == *Pattern::Create("aa*"));
}

}  // namespace
}  // namespace usher::pattern

#include "lib/oauth/form.h"

#include <gtest/gtest.h>

namespace usher::oauth {
namespace {

TEST(FormEncode, KeepsLettersDigitsAndThreeMarks) {
  EXPECT_EQ(FormEncode("aZ09-._"), "aZ09-._");
}

TEST(FormEncode, WritesASpaceAsPlus) { EXPECT_EQ(FormEncode("a b"), "a+b"); }

// The characters that RFC 6749 appendix B shows: space % & + and two that are
// not ASCII.
TEST(FormEncode, EncodesEveryOtherByte) {
  EXPECT_EQ(FormEncode(" %&+\u00A3\u20AC"), "+%25%26%2B%C2%A3%E2%82%AC");
  EXPECT_EQ(FormEncode("=~/:*"), "%3D%7E%2F%3A%2A");
  EXPECT_EQ(FormEncode(std::string_view("\0\n", 2)), "%00%0A");
}

TEST(Form, JoinsFieldsInTheOrderTheyWereAdded) {
  Form form;
  EXPECT_EQ(form.text(), "");
  form.Add("token", "a&b");
  form.Add("hint", "x=y");
  EXPECT_EQ(form.text(), "token=a%26b&hint=x%3Dy");
}

}  // namespace
}  // namespace usher::oauth

#include "lib/base/json_writer.h"

#include <gtest/gtest.h>

#include <limits>
#include <vector>

namespace usher::base {
namespace {

std::string Quoted(std::string_view text) {
  std::string out;
  AppendJsonString(out, text);
  return out;
}

TEST(AppendJsonString, QuotesPlainText) {
  EXPECT_EQ(Quoted("abc"), R"("abc")");
}

TEST(AppendJsonString, EscapesQuotesBackslashesAndControlCharacters) {
  EXPECT_EQ(Quoted("a\"b\\c"), R"("a\"b\\c")");
  EXPECT_EQ(Quoted("line\nbreak"), R"("line\nbreak")");
  EXPECT_EQ(Quoted(std::string_view("\0\x1b[31m\r\t\x7f", 9)),
            R"("\u0000\u001b[31m\u000d\u0009\u007f")");
}

TEST(AppendJsonString, KeepsWellFormedUtf8) {
  EXPECT_EQ(Quoted("é€😀"), "\"é€😀\"");
}

TEST(AppendJsonString, ReplacesWhatIsNoUtf8) {
  EXPECT_EQ(Quoted("a\xFFz"), "\"a\xEF\xBF\xBDz\"");
  // An overlong slash, a surrogate, a sequence cut short, one above U+10FFFF.
  EXPECT_EQ(Quoted("\xC0\xAF"), "\"\xEF\xBF\xBD\xEF\xBF\xBD\"");
  EXPECT_EQ(Quoted("\xED\xA0\x80"), "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"");
  EXPECT_EQ(Quoted("\xE2\x82"), "\"\xEF\xBF\xBD\xEF\xBF\xBD\"");
  EXPECT_EQ(Quoted("\xF4\x90\x80\x80"),
            "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"");
}

TEST(JsonObject, HoldsMembersOfEveryKindInOrder) {
  const std::vector<std::string> list = {"a", "b\""};
  JsonObject object;
  object.Add("text", "x")
      .Add("view", std::string_view("y"))
      .Add("count", 3)
      .Add("big", std::numeric_limits<uint64_t>::max())
      .Add("low", std::numeric_limits<int64_t>::min())
      .Add("yes", true)
      .Add("ratio", 0.5)
      .Add("list", list)
      .AddRaw("raw", R"({"a":[1]})");
  EXPECT_EQ(object.Text(),
            R"({"text":"x","view":"y","count":3,"big":18446744073709551615,)"
            R"("low":-9223372036854775808,"yes":true,"ratio":0.5,)"
            R"("list":["a","b\""],"raw":{"a":[1]}})");
}

TEST(JsonObject, IsAnObjectWithoutMembersToo) {
  EXPECT_EQ(JsonObject().Text(), "{}");
}

TEST(JsonObject, WritesWhatIsNoNumberAsNull) {
  JsonObject object;
  object.Add("a", std::numeric_limits<double>::infinity())
      .Add("b", std::numeric_limits<double>::quiet_NaN());
  EXPECT_EQ(object.Text(), R"({"a":null,"b":null})");
}

}  // namespace
}  // namespace usher::base

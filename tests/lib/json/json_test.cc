#include "lib/json/json.h"

#include <limits>

#include "gtest/gtest.h"
#include "lib/base/text/strings.h"
#include "lib/json/base64url.h"

namespace usher::json {
namespace {

using base::StrCat;

// The error of `text`, "" if there is none.
std::string ErrorOf(std::string_view text) {
  Reader reader;
  const bool parsed = reader.Parse(text).has_value();
  EXPECT_EQ(parsed, reader.error().empty()) << text;
  return std::string(reader.error());
}

std::string Repeated(std::string_view text, size_t count) {
  std::string out;
  for (size_t i = 0; i < count; ++i) out += text;
  return out;
}

TEST(Json, ReadsEveryType) {
  Reader reader;
  const auto root = reader.Parse(
      R"({"o":{},"a":[1],"s":"x","i":-7,"d":1.5,"t":true,"n":null})");
  ASSERT_TRUE(root);
  using Type = Value::Type;
  EXPECT_EQ(root->type(), Type::kObject);
  EXPECT_EQ(root->Find("o")->type(), Type::kObject);
  EXPECT_EQ(root->Find("a")->type(), Type::kArray);
  EXPECT_EQ(root->Find("s")->type(), Type::kString);
  EXPECT_EQ(root->Find("i")->type(), Type::kInteger);
  EXPECT_EQ(root->Find("d")->type(), Type::kDouble);
  EXPECT_EQ(root->Find("t")->type(), Type::kBool);
  EXPECT_EQ(root->Find("n")->type(), Type::kNull);
  EXPECT_EQ(root->Find("s")->String(), "x");
  EXPECT_EQ(root->Find("i")->Integer(), -7);
  EXPECT_EQ(root->Find("d")->Number(), 1.5);
  EXPECT_EQ(root->Find("i")->Number(), -7.0);
  EXPECT_EQ(root->Find("t")->Bool(), true);
  EXPECT_FALSE(root->Find("missing"));
}

TEST(Json, NeverReadsOneTypeAsAnother) {
  Reader reader;
  const auto root =
      reader.Parse(R"({"s":"1","d":1.0,"e":1e0,"b":true,"n":null,"i":1})");
  ASSERT_TRUE(root);
  EXPECT_FALSE(root->Find("s")->Integer());
  EXPECT_FALSE(root->Find("s")->Number());
  EXPECT_FALSE(root->Find("d")->Integer());
  EXPECT_FALSE(root->Find("e")->Integer());
  EXPECT_FALSE(root->Find("b")->Integer());
  EXPECT_FALSE(root->Find("n")->String());
  EXPECT_FALSE(root->Find("i")->Bool());
  EXPECT_FALSE(root->Find("i")->String());
  EXPECT_FALSE(root->Find("i")->Find("x"));
}

TEST(Json, ReadsEveryIntegerOf64Bits) {
  Reader reader;
  const auto root = reader.Parse(
      "[9223372036854775807,-9223372036854775808,9223372036854775808]");
  ASSERT_TRUE(root);
  std::vector<std::optional<int64_t>> seen;
  root->ForEachElement([&](Value value) {
    EXPECT_EQ(value.type(), Value::Type::kInteger);
    seen.push_back(value.Integer());
    return true;
  });
  ASSERT_EQ(seen.size(), 3u);
  EXPECT_EQ(seen[0], std::numeric_limits<int64_t>::max());
  EXPECT_EQ(seen[1], std::numeric_limits<int64_t>::min());
  EXPECT_EQ(seen[2], std::nullopt);
}

TEST(Json, ReadsANumberThatFitsNoTypeAsTheNearestDouble) {
  const std::pair<std::string, double> cases[] = {
      {"18446744073709551616", 18446744073709551616.0},
      {"-9223372036854775809", -9223372036854775809.0},
      {"99999999999999999999999999", 1e26},
      {"1e400", std::numeric_limits<double>::max()},
      {"-1e400", std::numeric_limits<double>::lowest()},
      {std::string(400, '9'), std::numeric_limits<double>::max()},
      {"1e-400", 0},
  };
  Reader reader;
  for (const auto& [text, expected] : cases) {
    const auto root = reader.Parse(StrCat("{\"x\": [", text, "]}"));
    ASSERT_TRUE(root) << text;
    EXPECT_EQ(reader.text(), StrCat("{\"x\": [", text, "]}"));
    root->Find("x")->ForEachElement([&](Value value) {
      EXPECT_EQ(value.Number(), expected) << text;
      EXPECT_EQ(value.Integer(), std::nullopt) << text;
      return true;
    });
  }
}

TEST(Json, ALongNumberChangesNothingElse) {
  Reader reader;
  const auto root = reader.Parse(
      R"({"a":"123456789012345678901234567890\\","b":9223372036854775807,)"
      R"("c":123456789012345678901,"d":18446744073709551615,"e":"\"1e400"})");
  ASSERT_TRUE(root);
  EXPECT_EQ(root->Find("a")->String(), "123456789012345678901234567890\\");
  EXPECT_EQ(root->Find("b")->Integer(), std::numeric_limits<int64_t>::max());
  EXPECT_EQ(root->Find("d")->type(), Value::Type::kInteger);
  EXPECT_EQ(root->Find("e")->String(), "\"1e400");
  EXPECT_EQ(ErrorOf(R"({"a":123456789012345678901,"a":1})"),
            "duplicate member");
}

TEST(Json, RefusesNumbersThatAreNone) {
  for (const char* text :
       {"01", "+1", "1.", ".5", "0x10", "NaN", "Infinity", "-", "1e", "--1",
        "0123456789012345678901234567890", "123456789012345678901234.",
        "-123456789012345678901234e", "123456789012345678901234x", "1e400.5",
        "1-23456789012345678901234"}) {
    EXPECT_NE(ErrorOf(text), "") << text;
    EXPECT_NE(ErrorOf(StrCat("{\"exp\":", text, "}")), "") << text;
  }
}

TEST(Json, RefusesTextThatIsNotOneValue) {
  EXPECT_EQ(ErrorOf(""), "empty");
  for (const char* text : {" ", "{", "}", "{}{}", "{} x", "[1,]", "{\"a\":1,}",
                           "{\"a\"}", "{a:1}", "{'a':1}", "nul", "truex", "\"",
                           "\"\t\"", "\"\\x\"", "// c\n{}", "{}\n,", "[1 2]"}) {
    EXPECT_NE(ErrorOf(text), "") << text;
  }
  EXPECT_NE(ErrorOf(std::string_view("{}\0", 3)), "");
  EXPECT_NE(ErrorOf(std::string_view("{\"a\0\":1}", 8)), "");
  EXPECT_EQ(ErrorOf(" {} \r\n\t"), "");
}

TEST(Json, RefusesAByteOrderMark) {
  EXPECT_EQ(ErrorOf("\xef\xbb\xbf{}"), "byte order mark");
}

TEST(Json, RefusesTextThatIsNotUtf8) {
  for (const char* bytes : {"\xff", "\xc0\xaf", "\xc3", "\xed\xa0\x80",
                            "\xf4\x90\x80\x80", "\x80", "\xe0\x80\x80"}) {
    EXPECT_EQ(ErrorOf(StrCat("{\"a\":\"", bytes, "\"}")), "not UTF-8");
    EXPECT_EQ(ErrorOf(StrCat("{\"", bytes, "\":1}")), "not UTF-8");
  }
  EXPECT_EQ(ErrorOf("{\"a\":\"\xf0\x9f\x94\x91\"}"), "");
}

TEST(Json, RefusesHalfASurrogatePair) {
  for (const char* text :
       {R"("\ud800")", R"("\udc00")", R"("\ud800x")", R"("\ud800\u0041")",
        R"("\udc00\ud800")", R"("\ud800\ud800")", R"({"\udfff":1})",
        R"("\ud83d\udd11\ud83d")", R"("\\\ud800")"}) {
    EXPECT_NE(ErrorOf(text), "") << text;
  }
  for (const char* text : {R"("\ud83d\udd11")", R"("\uD83D\uDD11")",
                           R"("\\ud800")", R"("\"\\ud800")", R"("\u0041\\")"}) {
    EXPECT_EQ(ErrorOf(text), "") << text;
  }
}

TEST(Json, UnescapesStringsWithNul) {
  Reader reader;
  const auto root = reader.Parse(R"({"a":"x\u0000y","k\u0000":1})");
  ASSERT_TRUE(root);
  EXPECT_EQ(root->Find("a")->String(), std::string_view("x\0y", 3));
  EXPECT_TRUE(root->Find(std::string_view("k\0", 2)));
  EXPECT_FALSE(root->Find("k"));
}

TEST(Json, RefusesDuplicateMembersAtEveryDepth) {
  for (const char* text : {R"({"iss":"a","iss":"b"})", R"({"a":1,"b":2,"a":1})",
                           R"({"x":{"a":1,"a":1}})", R"([[{"a":1,"a":1}]])",
                           R"({"iss":1,"is\u0073":2})", R"({"":1,"":2})",
                           R"({"a":{"b":[{"c":1},{"c":1,"c":2}]}})"}) {
    EXPECT_EQ(ErrorOf(text), "duplicate member") << text;
  }
  EXPECT_EQ(ErrorOf(R"({"a":{"a":1},"b":{"a":1},"A":1})"), "");
  EXPECT_EQ(ErrorOf(R"({"client_id":1,"clieNt_id":2,"clieXt_id":3})"), "");
}

TEST(Json, FindsADuplicateAmongThousandsOfMembers) {
  std::string text = "{";
  for (int i = 0; i < 100000; ++i) text += StrCat("\"m", i, "\":0,");
  EXPECT_EQ(ErrorOf(StrCat(text, "\"last\":0}")), "");
  EXPECT_EQ(ErrorOf(StrCat(text, "\"m77777\":0}")), "duplicate member");
}

TEST(Json, LimitsNesting) {
  // The innermost value counts too.
  const size_t most = Reader::kMaxDepth - 1;
  EXPECT_EQ(ErrorOf(Repeated("[", most) + Repeated("]", most)), "");
  for (const size_t depth :
       {most + 2, most + 3, size_t{1000}, size_t{100000}}) {
    EXPECT_EQ(ErrorOf(Repeated("[", depth) + Repeated("]", depth)),
              "nested too deeply");
    EXPECT_EQ(ErrorOf(Repeated("{\"a\":", depth) + "1" + Repeated("}", depth)),
              "nested too deeply");
    EXPECT_NE(ErrorOf(Repeated("[", depth)), "");
  }
}

TEST(Json, TheDepthLimitHoldsAfterALargeDocument) {
  Reader reader;
  ASSERT_TRUE(reader.Parse("[" + Repeated("1,", 200000) + "1]"));
  EXPECT_FALSE(reader.Parse(Repeated("[", 40) + Repeated("]", 40)));
  EXPECT_EQ(reader.error(), "nested too deeply");
  EXPECT_TRUE(reader.Parse("[[]]"));
  EXPECT_EQ(reader.error(), "");
}

TEST(Json, ReadsBase64UrlText) {
  Reader reader;
  const auto root = reader.ParseBase64Url(EncodeBase64Url(R"({"a":"b"})"));
  ASSERT_TRUE(root);
  EXPECT_EQ(root->Find("a")->String(), "b");
  EXPECT_EQ(reader.text(), R"({"a":"b"})");
  EXPECT_FALSE(reader.ParseBase64Url("e30="));
  EXPECT_EQ(reader.error(), "not strict base64url");
  EXPECT_EQ(reader.text(), "");
  EXPECT_FALSE(reader.ParseBase64Url(""));
  EXPECT_EQ(reader.error(), "empty");
}

TEST(Json, VisitsMembersAndElementsInOrderUntilStopped) {
  Reader reader;
  const auto root = reader.Parse(R"({"b":1,"a":[10,20,30],"c":3})");
  ASSERT_TRUE(root);
  std::string names;
  root->ForEachMember([&](std::string_view name, Value) {
    names += name;
    return name != "a";
  });
  EXPECT_EQ(names, "ba");
  int64_t sum = 0;
  root->Find("a")->ForEachElement([&](Value value) {
    sum += *value.Integer();
    return sum < 30;
  });
  EXPECT_EQ(sum, 30);
  root->Find("b")->ForEachElement([&](Value) {
    ADD_FAILURE();
    return true;
  });
}

TEST(Json, WritesAValueAsMinifiedText) {
  Reader reader;
  const auto root = reader.Parse(
      "{ \"a\" : [ 1 , -2, 18446744073709551615, true, null ],\n"
      "  \"b\":\"\\u0001\\\"\\u00e9\" }");
  ASSERT_TRUE(root);
  EXPECT_EQ(root->Text(),
            "{\"a\":[1,-2,18446744073709551615,true,null],"
            "\"b\":\"\\u0001\\\"\xc3\xa9\"}");
  EXPECT_EQ(root->Find("a")->Text(), "[1,-2,18446744073709551615,true,null]");
}

TEST(Json, WritesTheDeepestValue) {
  Reader reader;
  const size_t most = Reader::kMaxDepth - 1;
  const std::string text = Repeated("[", most) + Repeated("]", most);
  const auto root = reader.Parse(text);
  ASSERT_TRUE(root);
  EXPECT_EQ(root->Text(), text);
}

}  // namespace
}  // namespace usher::json

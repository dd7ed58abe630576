// Which YAML is accepted.
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "lib/base/text/strings.h"
#include "lib/yaml/parse.h"

namespace usher::yaml {
namespace {

using ::testing::HasSubstr;
using namespace std::string_literals;

std::string ErrorOf(std::string_view yaml) {
  const auto node = Parse(yaml);
  return node.ok() ? "" : std::string(base::Std(node.status().message()));
}

TEST(Parse, KeepsScalarsAsWritten) {
  const auto node = Parse("[no, 017, 0x1F, 1_000, \"~\", yes, 1e3]");
  ASSERT_TRUE(node.ok());
  std::string all;
  for (const Node& element : node->elements) all += element.text + " ";
  EXPECT_EQ(all, "no 017 0x1F 1_000 ~ yes 1e3 ");
}

TEST(Parse, DistinguishesNullFromEmptyText) {
  const auto node = Parse("[~, null, \"\", 'null']");
  ASSERT_TRUE(node.ok());
  EXPECT_EQ(node->elements[0].kind, Node::Kind::kNull);
  EXPECT_EQ(node->elements[1].kind, Node::Kind::kNull);
  EXPECT_EQ(node->elements[2].kind, Node::Kind::kScalar);
  EXPECT_TRUE(node->elements[2].quoted);
  EXPECT_EQ(node->elements[3].text, "null");
}

TEST(Parse, KeepsDuplicateKeys) {
  const auto node = Parse("a: 1\na: 2\n");
  ASSERT_TRUE(node.ok());
  ASSERT_EQ(node->members.size(), 2u);
  EXPECT_EQ(node->members[1].value.text, "2");
  EXPECT_EQ(node->members[1].line, 2);
}

TEST(Parse, ReturnsNullForEmptyText) {
  for (const char* yaml : {"", "\n\n", "# only words\n", "---\n", "~"}) {
    const auto node = Parse(yaml);
    ASSERT_TRUE(node.ok()) << yaml;
    EXPECT_EQ(node->kind, Node::Kind::kNull) << yaml;
  }
}

TEST(Parse, RejectsASecondDocument) {
  EXPECT_THAT(ErrorOf("a: 1\n---\nb: 2\n"), HasSubstr("exactly one document"));
  EXPECT_THAT(ErrorOf("a: 1\n...\nb: 2\n"), HasSubstr("(line 3)"));
}

TEST(Parse, RejectsAnchorsAliasesAndTags) {
  EXPECT_THAT(ErrorOf("a: &x 1\n"), HasSubstr("anchors (&) are not supported"));
  EXPECT_THAT(ErrorOf("a: 1\nb: *x\n"), HasSubstr("(line 2)"));
  EXPECT_THAT(ErrorOf("a: !!str 1\n"), HasSubstr("tags (!) are not supported"));
  EXPECT_THAT(ErrorOf("a: !secret 1\n"), HasSubstr("tags (!)"));
  EXPECT_THAT(ErrorOf("base: &b {x: 1}\nc: {<<: *b}\n"), HasSubstr("anchors"));
}

TEST(Parse, RejectsABillionLaughsAtItsFirstAnchor) {
  std::string yaml = "a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol]\n";
  for (int i = 1; i < 20; ++i) {
    const std::string last = "*a" + std::to_string(i - 1);
    yaml += base::StrCat("a", i, ": &a", i, " [", last, ",", last, ",", last,
                         ",", last, "]\n");
  }
  EXPECT_EQ(ErrorOf(yaml),
            "anchors (&) are not supported: write the value out (line 1)");
}

TEST(Parse, RejectsDeepNesting) {
  EXPECT_EQ(ErrorOf(std::string(16, '[') + std::string(16, ']')), "");
  EXPECT_THAT(ErrorOf(std::string(17, '[') + std::string(17, ']')),
              HasSubstr("nested too deeply (line 1)"));
  EXPECT_THAT(ErrorOf(std::string(100'000, '[')), HasSubstr("(line 1)"));
  std::string block;
  for (int i = 0; i < 400; ++i) block += "- ";
  EXPECT_THAT(ErrorOf(block), HasSubstr("nested too deeply"));
}

TEST(Parse, RejectsMoreThanFourMebibytes) {
  EXPECT_EQ(ErrorOf(std::string(kMaxSize + 1, '#')), "is larger than 4 MiB");
  EXPECT_EQ(ErrorOf(std::string(kMaxSize, '#')), "");
}

TEST(Parse, RejectsTooManyValues) {
  std::string yaml = "[";
  for (size_t i = 0; i <= kMaxValues; ++i) yaml += "a,";
  EXPECT_THAT(ErrorOf(yaml + "]"), HasSubstr("too many values"));
}

TEST(Parse, RejectsKeysThatAreNotText) {
  EXPECT_THAT(ErrorOf("{[a]: 1}"), HasSubstr("a key must be text"));
  EXPECT_THAT(ErrorOf("? {a: b}\n: 1\n"), HasSubstr("a key must be text"));
  EXPECT_THAT(ErrorOf("~: 1\n"), HasSubstr("a key must be text"));
}

TEST(Parse, RejectsBytesThatAreNotUtf8) {
  for (const std::string_view bad :
       {"\xff\xfe"
        "a",
        "\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\x80", "\xe2\x82",
        "\xf0\x80\x80\x80"}) {
    EXPECT_EQ(ErrorOf(base::StrCat("# x\n# ", bad)),
              "is not UTF-8 text (line 2)");
  }
  EXPECT_EQ(ErrorOf("a: \xc3\xa4\xe2\x82\xac\xf0\x9f\x94\x91\n"), "");
}

// yaml-cpp takes 0x04 for the end of the file and would silently ignore the
// rest.
TEST(Parse, RejectsControlCharacters) {
  EXPECT_EQ(ErrorOf("a: 1\n\x04"
                    "b: 2\n"),
            "contains a control character (line 2)");
  EXPECT_EQ(ErrorOf("a: \0b\n"s), "contains a control character (line 1)");
  EXPECT_EQ(ErrorOf("a: \x7f\n"), "contains a control character (line 1)");
}

TEST(Parse, ReportsSyntaxErrorsWithTheirLines) {
  EXPECT_THAT(ErrorOf("a: 1\nb: [1, 2\n"), HasSubstr("(line "));
  EXPECT_THAT(ErrorOf("a: 1\n\tb: 2\n"), HasSubstr("(line 2)"));
  EXPECT_THAT(ErrorOf("a: \"unfinished\n"), HasSubstr("(line "));
  EXPECT_THAT(ErrorOf("a: 1\n b: 2\n"), HasSubstr("(line 2)"));
  EXPECT_THAT(ErrorOf("}"), HasSubstr("(line 1)"));
}

TEST(Parse, FindsTheLineOfAPath) {
  const auto root = Parse(
      "issuers:\n- name: a\n  keys:\n    jwks_url: x\n- name: b\nlog: {}\n");
  ASSERT_TRUE(root.ok());
  EXPECT_EQ(LineAt(*root, "issuers"), 1);
  EXPECT_EQ(LineAt(*root, "issuers[0].keys.jwks_url"), 4);
  EXPECT_EQ(LineAt(*root, "issuers[1].name"), 5);
  EXPECT_EQ(LineAt(*root, "issuers[1].audiences"), 5);
  EXPECT_EQ(LineAt(*root, "issuers[0].keys[7].x"), 3);
  EXPECT_EQ(LineAt(*root, "log.level"), 6);
  EXPECT_EQ(LineAt(*root, "issuers[x"), 1);
  EXPECT_EQ(LineAt(*root, "issuers[1"), 1);
}

}  // namespace
}  // namespace usher::yaml

// What YAML is taken at all.
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "lib/base/strings.h"
#include "lib/config/node.h"

namespace usher::config {
namespace {

using ::testing::HasSubstr;
using namespace std::string_literals;

std::string FaultOf(std::string_view yaml) {
  const auto node = ParseYaml(yaml);
  return node.ok() ? "" : std::string(base::Std(node.status().message()));
}

TEST(Yaml, KeepsScalarsAsTheyWereWritten) {
  const auto node = ParseYaml("[no, 017, 0x1F, 1_000, \"~\", yes, 1e3]");
  ASSERT_TRUE(node.ok());
  std::string all;
  for (const Node& element : node->elements) all += element.text + " ";
  EXPECT_EQ(all, "no 017 0x1F 1_000 ~ yes 1e3 ");
}

TEST(Yaml, TellsNothingFromEmptyText) {
  const auto node = ParseYaml("[~, null, \"\", 'null']");
  ASSERT_TRUE(node.ok());
  EXPECT_EQ(node->elements[0].kind, Node::Kind::kNull);
  EXPECT_EQ(node->elements[1].kind, Node::Kind::kNull);
  EXPECT_EQ(node->elements[2].kind, Node::Kind::kScalar);
  EXPECT_TRUE(node->elements[2].quoted);
  EXPECT_EQ(node->elements[3].text, "null");
}

TEST(Yaml, KeepsBothOfTwoEqualKeys) {
  const auto node = ParseYaml("a: 1\na: 2\n");
  ASSERT_TRUE(node.ok());
  ASSERT_EQ(node->members.size(), 2u);
  EXPECT_EQ(node->members[1].value.text, "2");
  EXPECT_EQ(node->members[1].line, 2);
}

TEST(Yaml, TakesAnEmptyTextForNothing) {
  for (const char* yaml : {"", "\n\n", "# only words\n", "---\n", "~"}) {
    const auto node = ParseYaml(yaml);
    ASSERT_TRUE(node.ok()) << yaml;
    EXPECT_EQ(node->kind, Node::Kind::kNull) << yaml;
  }
}

TEST(Yaml, RefusesASecondDocument) {
  EXPECT_THAT(FaultOf("a: 1\n---\nb: 2\n"), HasSubstr("exactly one document"));
  EXPECT_THAT(FaultOf("a: 1\n...\nb: 2\n"), HasSubstr("(line 3)"));
}

TEST(Yaml, RefusesAnchorsAliasesAndTags) {
  EXPECT_THAT(FaultOf("a: &x 1\n"), HasSubstr("anchors (&) are not taken"));
  EXPECT_THAT(FaultOf("a: 1\nb: *x\n"), HasSubstr("(line 2)"));
  EXPECT_THAT(FaultOf("a: !!str 1\n"), HasSubstr("tags (!) are not taken"));
  EXPECT_THAT(FaultOf("a: !secret 1\n"), HasSubstr("tags (!)"));
  EXPECT_THAT(FaultOf("base: &b {x: 1}\nc: {<<: *b}\n"), HasSubstr("anchors"));
}

TEST(Yaml, RefusesABillionLaughsAtItsFirstAnchor) {
  std::string yaml = "a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol]\n";
  for (int i = 1; i < 20; ++i) {
    const std::string last = "*a" + std::to_string(i - 1);
    yaml += base::StrCat("a", i, ": &a", i, " [", last, ",", last, ",", last,
                         ",", last, "]\n");
  }
  EXPECT_EQ(FaultOf(yaml),
            "anchors (&) are not taken: write the value out (line 1)");
}

TEST(Yaml, RefusesDeepNesting) {
  EXPECT_EQ(FaultOf(std::string(16, '[') + std::string(16, ']')), "");
  EXPECT_THAT(FaultOf(std::string(17, '[') + std::string(17, ']')),
              HasSubstr("nested too deeply (line 1)"));
  EXPECT_THAT(FaultOf(std::string(100'000, '[')), HasSubstr("(line 1)"));
  std::string block;
  for (int i = 0; i < 400; ++i) block += "- ";
  EXPECT_THAT(FaultOf(block), HasSubstr("nested too deeply"));
}

TEST(Yaml, RefusesAFileAboveFourMebibytes) {
  EXPECT_EQ(FaultOf(std::string(kMaxYamlSize + 1, '#')),
            "is larger than 4 MiB");
  EXPECT_EQ(FaultOf(std::string(kMaxYamlSize, '#')), "");
}

TEST(Yaml, RefusesMoreValuesThanAnybodyNeeds) {
  std::string yaml = "[";
  for (size_t i = 0; i <= kMaxYamlValues; ++i) yaml += "a,";
  EXPECT_THAT(FaultOf(yaml + "]"), HasSubstr("too many values"));
}

TEST(Yaml, RefusesKeysThatAreNotText) {
  EXPECT_THAT(FaultOf("{[a]: 1}"), HasSubstr("a key must be text"));
  EXPECT_THAT(FaultOf("? {a: b}\n: 1\n"), HasSubstr("a key must be text"));
  EXPECT_THAT(FaultOf("~: 1\n"), HasSubstr("a key must be text"));
}

TEST(Yaml, RefusesBytesThatAreNotUtf8) {
  for (const std::string_view bad :
       {"\xff\xfe"
        "a",
        "\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\x80", "\xe2\x82",
        "\xf0\x80\x80\x80"}) {
    EXPECT_EQ(FaultOf(base::StrCat("# x\n# ", bad)),
              "is not UTF-8 text (line 2)");
  }
  EXPECT_EQ(FaultOf("a: \xc3\xa4\xe2\x82\xac\xf0\x9f\x94\x91\n"), "");
}

// Its parser takes 0x04 for the end of the file, and what follows would be
// silently left out.
TEST(Yaml, RefusesControlCharacters) {
  EXPECT_EQ(FaultOf("a: 1\n\x04"
                    "b: 2\n"),
            "holds a control character (line 2)");
  EXPECT_EQ(FaultOf("a: \0b\n"s), "holds a control character (line 1)");
  EXPECT_EQ(FaultOf("a: \x7f\n"), "holds a control character (line 1)");
}

TEST(Yaml, PassesOnWhatTheParserSaysWithItsLine) {
  EXPECT_THAT(FaultOf("a: 1\nb: [1, 2\n"), HasSubstr("(line "));
  EXPECT_THAT(FaultOf("a: 1\n\tb: 2\n"), HasSubstr("(line 2)"));
  EXPECT_THAT(FaultOf("a: \"unfinished\n"), HasSubstr("(line "));
  EXPECT_THAT(FaultOf("a: 1\n b: 2\n"), HasSubstr("(line 2)"));
  EXPECT_THAT(FaultOf("}"), HasSubstr("(line 1)"));
}

TEST(Yaml, FindsTheLineOfAPath) {
  const auto root = ParseYaml(
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
}  // namespace usher::config

#include "lib/policy/policy_fields.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/base/text/strings.h"

namespace usher::policy {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::string ErrorsOf(std::string_view yaml) {
  std::string text;
  for (const std::string& error : ParsePolicyFile(yaml).errors) {
    text += error + "\n";
  }
  return text;
}

// The rules of the claims of a valid policy.
std::vector<std::string> ClaimsOf(std::string_view yaml) {
  const FilePolicy file =
      ParsePolicyFile(base::StrCat("default:\n  claims:\n", yaml));
  EXPECT_THAT(file.errors, IsEmpty());
  std::vector<std::string> texts;
  if (!file.policy.default_rule()) return texts;
  for (const ClaimRule& rule : file.policy.default_rule()->claims) {
    texts.push_back(rule.Text());
  }
  return texts;
}

std::string ErrorsOfClaims(std::string_view yaml) {
  return ErrorsOf(base::StrCat("default:\n  claims:\n", yaml));
}

TEST(PolicyFields, TypesOfClaimValuesFollowFromTheirText) {
  EXPECT_THAT(
      ClaimsOf("    a: yes\n    b: 'true'\n    c: 42\n    d: '42'\n"
               "    e: -7\n    f: {is: 9007199254740993, present: true}\n"
               "    g: {contains: [x, 1]}\n    h: 1.2.3-rc\n    i: true\n"),
      ElementsAre("a is \"yes\"", "b is \"true\"", "c is 42", "d is \"42\"",
                  "e is -7", "f is 9007199254740993", "f is present",
                  "g contains \"x\"", "g contains 1", "h is \"1.2.3-rc\"",
                  "i is true"));
  for (const char* number :
       {"017", "1.5", "1e3", "+5", "-0", "9223372036854775808", "1_000"}) {
    EXPECT_EQ(ErrorsOfClaims(base::StrCat("    a: ", number)),
              "default.claims.a: must be a whole number in decimal digits; in "
              "quotes it is text (line 3)\n")
        << number;
  }
}

TEST(PolicyFields, NamesOfClaimsArePaths) {
  EXPECT_THAT(ParseClaimPath("tenant"), ElementsAre("tenant"));
  EXPECT_THAT(ParseClaimPath("a.b.c"), ElementsAre("a", "b", "c"));
  EXPECT_THAT(ParseClaimPath("https://x\\.com/r"),
              ElementsAre("https://x.com/r"));
  EXPECT_THAT(ParseClaimPath("a\\\\.b"), ElementsAre("a\\", "b"));
  for (const char* bad : {"", ".", "a.", ".a", "a..b", "a\\", "a\\b"}) {
    EXPECT_THAT(ParseClaimPath(bad), IsEmpty()) << bad;
  }
}

TEST(PolicyFields, RulesCanBeOptionalOrPublic) {
  const FilePolicy file = ParsePolicyFile(
      "services:\n"
      "  a.A: public\n"
      "  a.B: {public: true}\n"
      "  a.C: {optional: true, scopes: [x], claims: {tenant: acme}}\n"
      "  a.D: {optional: false, public: false}\n"
      "health: {optional: true}\n");
  EXPECT_THAT(file.errors, IsEmpty());
  const MethodPolicy& policy = file.policy;
  EXPECT_TRUE(policy.Find("/a.A/Do")->is_public);
  EXPECT_TRUE(policy.Find("/a.B/Do")->is_public);
  EXPECT_FALSE(policy.Find("/a.B/Do")->optional);
  const MethodRule& optional = *policy.Find("/a.C/Do");
  EXPECT_TRUE(optional.optional);
  EXPECT_FALSE(optional.is_public);
  EXPECT_THAT(optional.scopes, ElementsAre("x"));
  EXPECT_THAT(optional.claims, ElementsAre(Claim("tenant").Is("acme")));
  EXPECT_FALSE(policy.Find("/a.D/Do")->optional);
  EXPECT_TRUE(policy.Find("/grpc.health.v1.Health/Check")->optional);
}

TEST(PolicyFields, OptionalAndPublicExcludeEachOther) {
  EXPECT_EQ(ErrorsOf("default: {optional: true}\n"
                     "reflection: {optional: true, public: true}\n"
                     "methods:\n"
                     "  /a.B/C: {optional: true, public: true}\n"
                     "  /a.B/D: {public: true, scopes: [x]}\n"
                     "  /a.B/E: {optional: maybe}\n"),
            "default: must not be optional: name the methods that are "
            "(line 1)\n"
            "reflection: must not be both public and optional (line 2)\n"
            "methods./a.B/C: must not be both public and optional (line 4)\n"
            "methods./a.B/D: a public method cannot require scopes, audiences "
            "or claims (line 5)\n"
            "methods./a.B/E.optional: must be true or false (line 6)\n");
}

TEST(PolicyFields, ReportEveryErrorWithPathAndLine) {
  EXPECT_EQ(
      ErrorsOf("audience: [orders]\n"
               "default: {scope: [a], scopes: []}\n"
               "health: pubic\n"
               "reflection:\n"
               "services:\n"
               "  shop.Orders: {scope_match: some}\n"
               "  shop.Carts: private\n"
               "methods:\n"
               "  /a.B/C: {claims: {}}\n"
               "  /a.B/D: {claims: {t: [a], u: {}, v: {contain: x}, "
               "w: {present: false}, x..y: 1}}\n"
               "  /a.B/E: {claims: {https://example.com/r: a, t: a, t: b}}\n"
               "  /a.B/F: {claims: {t: {one_of: []}, u: }}\n"),
      "policy: unknown key \"audience\": did you mean audiences? (line 1)\n"
      "default: unknown key \"scope\": did you mean scopes? (line 2)\n"
      "default.scopes: must not be empty; an empty list never means \"any\" "
      "(line 2)\n"
      "health: must be public, or a mapping ({} requires a token and nothing "
      "else): did you mean public? (line 3)\n"
      "reflection: must be public, or a mapping ({} requires a token and "
      "nothing else) (line 4)\n"
      "services.shop.Orders.scope_match: must be all or any (line 6)\n"
      "services.shop.Carts: must be public, or a mapping ({} requires a token "
      "and nothing else) (line 7)\n"
      "methods./a.B/C.claims: must not be empty; omit the key instead "
      "(line 9)\n"
      "methods./a.B/D.claims.t: must be a value, or a mapping such as {one_of: "
      "[a, b]} (line 10)\n"
      "methods./a.B/D.claims.u: must be a value, or a mapping such as {one_of: "
      "[a, b]} (line 10)\n"
      "methods./a.B/D.claims.v: unknown key \"contain\": did you mean "
      "contains? (line 10)\n"
      "methods./a.B/D.claims.w.present: must be true; omit the key otherwise "
      "(line 10)\n"
      "methods./a.B/D.claims: \"x..y\" is not the name of a claim; a dot in a "
      "name is written \\., a backslash \\\\ (line 10)\n"
      "methods./a.B/E.claims: \"https://example.com/r\" is a URL: write its "
      "dots as \\. (in single quotes or without quotes) (line 11)\n"
      "methods./a.B/E.claims: duplicate key \"t\" (line 11)\n"
      "methods./a.B/F.claims.t.one_of: must not be empty; an empty list never "
      "means \"any\" (line 12)\n"
      "methods./a.B/F.claims.u: must be a value, or a mapping such as {one_of: "
      "[a, b]} (line 12)\n");
}

TEST(PolicyFields, RulesWithErrorsAreNotAdded) {
  const FilePolicy file = ParsePolicyFile(
      "default: {}\nservices:\n  a.B: {scope: [x]}\n  a.C: {}\n");
  EXPECT_EQ(file.errors.size(), 1u);
  EXPECT_TRUE(file.policy.default_rule().has_value());
  EXPECT_FALSE(file.policy.services().contains("a.B"));
  EXPECT_TRUE(file.policy.services().contains("a.C"));
}

TEST(PolicyFields, EmptyTextOrNoYamlIsAnError) {
  EXPECT_EQ(ErrorsOf(""),
            "policy: is empty, so every call would be refused (line 1)\n");
  EXPECT_THAT(ErrorsOf("default: {"), ::testing::StartsWith("policy: "));
  EXPECT_EQ(ErrorsOf("- a"),
            "policy: must be a mapping (key: value) (line 1)\n");
}

}  // namespace
}  // namespace usher::policy

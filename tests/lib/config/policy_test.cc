// Policy files.
#include "lib/config/policy.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "lib/base/strings.h"
#include "lib/config/policy_keys.h"

namespace usher::config {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using About = PolicyStatement::About;
using Demand = WantedClaim::Demand;

std::string FaultsOf(std::string_view yaml) {
  std::string text;
  for (const std::string& fault : ParsePolicy(yaml).faults) {
    text += fault + "\n";
  }
  return text;
}

// "IS tenant acme", and its like.
std::string TextOf(const WantedClaim& wanted) {
  constexpr const char* kDemands[] = {"is", "one of", "contains", "present"};
  std::string text;
  for (const std::string& name : wanted.path) text += "[" + name + "]";
  text += base::StrCat(" ", kDemands[static_cast<int>(wanted.demand)]);
  for (const auto& value : wanted.values) {
    if (const auto* truth = std::get_if<bool>(&value)) {
      text += *truth ? " true" : " false";
    } else if (const auto* number = std::get_if<int64_t>(&value)) {
      text += base::StrCat(" ", *number);
    } else {
      text += base::StrCat(" \"", std::get<std::string>(value), "\"");
    }
  }
  return text;
}

std::vector<std::string> ClaimsOf(std::string_view yaml) {
  const LoadedPolicy loaded =
      ParsePolicy(base::StrCat("default:\n  claims:\n", yaml));
  EXPECT_THAT(loaded.faults, IsEmpty());
  std::vector<std::string> texts;
  if (loaded.policy.statements.empty()) return texts;
  for (const auto& wanted : loaded.policy.statements[0].rule.claims) {
    texts.push_back(TextOf(wanted));
  }
  return texts;
}

std::string FaultsOfClaims(std::string_view yaml) {
  return FaultsOf(base::StrCat("default:\n  claims:\n", yaml));
}

TEST(PolicyFile, ExampleHasNoFaultsAndSaysWhatItSays) {
  const LoadedPolicy loaded = ParsePolicy(kPolicyExample);
  EXPECT_THAT(loaded.faults, IsEmpty());
  EXPECT_THAT(loaded.policy.audiences, ElementsAre("orders"));
  const auto& statements = loaded.policy.statements;
  ASSERT_EQ(statements.size(), 8u);
  EXPECT_EQ(statements[0].about, About::kService);
  EXPECT_EQ(statements[0].name, "shop.v1.Orders");
  EXPECT_TRUE(statements[0].rule.any_scope);
  EXPECT_EQ(statements[2].about, About::kMethod);
  EXPECT_EQ(statements[2].path, "methods./shop.v1.Orders/Version");
  EXPECT_EQ(statements[2].line, 8);
  EXPECT_TRUE(statements[2].rule.is_public);
  const PolicyRule& remove = statements[3].rule;
  EXPECT_FALSE(remove.any_scope);
  EXPECT_THAT(remove.scopes, ElementsAre("orders.write"));
  ASSERT_EQ(remove.claims.size(), 5u);
  EXPECT_EQ(TextOf(remove.claims[0]), "[tenant] is \"acme\"");
  EXPECT_EQ(TextOf(remove.claims[1]), "[email_verified] is true");
  EXPECT_EQ(TextOf(remove.claims[2]),
            "[department] one of \"sales\" \"support\"");
  EXPECT_EQ(TextOf(remove.claims[3]),
            "[realm_access][roles] contains \"admin\"");
  EXPECT_EQ(TextOf(remove.claims[4]), "[https://example.com/region] present");
  EXPECT_THAT(statements[4].rule.audiences, ElementsAre("billing"));
  EXPECT_EQ(statements[5].about, About::kDefault);
  EXPECT_EQ(statements[6].about, About::kHealth);
  EXPECT_EQ(statements[7].about, About::kReflection);
}

TEST(PolicyFile, ReadsValuesOfClaimsByTheirWriting) {
  EXPECT_THAT(
      ClaimsOf("    a: yes\n    b: 'true'\n    c: 42\n    d: '42'\n"
               "    e: -7\n    f: {is: 9007199254740993, present: true}\n"
               "    g: {contains: [x, 1]}\n    h: 1.2.3-rc\n"),
      ElementsAre("[a] is \"yes\"", "[b] is \"true\"", "[c] is 42",
                  "[d] is \"42\"", "[e] is -7", "[f] is 9007199254740993",
                  "[f] present", "[g] contains \"x\"", "[g] contains 1",
                  "[h] is \"1.2.3-rc\""));
  for (const char* number :
       {"017", "1.5", "1e3", "+5", "-0", "9223372036854775808", "1_000"}) {
    EXPECT_EQ(FaultsOfClaims(base::StrCat("    a: ", number)),
              "default.claims.a: must be a whole number in decimal digits; in "
              "quotes it would be text (line 3)\n")
        << number;
  }
}

TEST(PolicyFile, ReadsNamesOfClaimsAsPaths) {
  EXPECT_THAT(ParseClaimPath("tenant"), ElementsAre("tenant"));
  EXPECT_THAT(ParseClaimPath("a.b.c"), ElementsAre("a", "b", "c"));
  EXPECT_THAT(ParseClaimPath("https://x\\.com/r"),
              ElementsAre("https://x.com/r"));
  EXPECT_THAT(ParseClaimPath("a\\\\.b"), ElementsAre("a\\", "b"));
  for (const char* bad : {"", ".", "a.", ".a", "a..b", "a\\", "a\\b"}) {
    EXPECT_THAT(ParseClaimPath(bad), IsEmpty()) << bad;
  }
}

TEST(PolicyFile, TellsEveryFaultByItsPathAndLine) {
  EXPECT_EQ(
      FaultsOf("audience: [orders]\n"
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
      "health: must be a mapping ({} wants a good token and no more), or "
      "public: did you mean public? (line 3)\n"
      "reflection: must be a mapping ({} wants a good token and no more), or "
      "public (line 4)\n"
      "services.shop.Orders.scope_match: must be all or any (line 6)\n"
      "services.shop.Carts: must be a mapping ({} wants a good token and no "
      "more), or public (line 7)\n"
      "methods./a.B/C.claims: must not be empty; leave the key out instead "
      "(line 9)\n"
      "methods./a.B/D.claims.t: must be a value, or a mapping such as {one_of: "
      "[a, b]} (line 10)\n"
      "methods./a.B/D.claims.u: must be a value, or a mapping such as {one_of: "
      "[a, b]} (line 10)\n"
      "methods./a.B/D.claims.v: unknown key \"contain\": did you mean "
      "contains? (line 10)\n"
      "methods./a.B/D.claims.w.present: can only be true; else leave it out "
      "(line 10)\n"
      "methods./a.B/D.claims: \"x..y\" must be a claim's name; of its dots, "
      "those that do not lead into an object are written \\. (line 10)\n"
      "methods./a.B/E.claims: \"https://example.com/r\" is a URL: write its "
      "dots as \\. (in single quotes or none) (line 11)\n"
      "methods./a.B/E.claims: \"t\" is said twice (line 11)\n"
      "methods./a.B/F.claims.t.one_of: must not be empty; an empty list never "
      "means \"any\" (line 12)\n"
      "methods./a.B/F.claims.u: must be a value, or a mapping such as {one_of: "
      "[a, b]} (line 12)\n");
}

TEST(PolicyFile, KeepsOfAFaultyFileOnlyTheRulesThatCouldBeRead) {
  const LoadedPolicy loaded =
      ParsePolicy("default: {}\nservices:\n  a.B: {scope: [x]}\n  a.C: {}\n");
  EXPECT_EQ(loaded.faults.size(), 1u);
  ASSERT_EQ(loaded.policy.statements.size(), 2u);
  EXPECT_EQ(loaded.policy.statements[1].name, "a.C");
}

TEST(PolicyFile, OfNothingOrNoYamlIsAFault) {
  EXPECT_EQ(FaultsOf(""),
            "policy: is empty, so nobody could call anything (line 1)\n");
  EXPECT_THAT(FaultsOf("default: {"), ::testing::StartsWith("policy: "));
  EXPECT_EQ(FaultsOf("- a"),
            "policy: must be a mapping (key: value) (line 1)\n");
}

}  // namespace
}  // namespace usher::config

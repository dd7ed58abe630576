#include "usher/claims.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "usher/caller.h"
#include "usher/claim_rule.h"
#include "usher/internal/token_mint.h"

namespace usher {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Optional;

constexpr const char* kJson = R"({
  "tenant": "acme", "team": null, "level": 5, "share": 0.5, "verified": true,
  "big": 9007199254740993, "least": -9223372036854775808,
  "beyond": 18446744073709551615, "tab\u0009": "line\nfeed",
  "groups": ["a", "b"], "mixed": ["a", 1], "none": [],
  "realm_access": {"roles": ["user", "admin"], "deep": {"er": 1}},
  "https://example.com/roles": ["owner"], "a.b": "dotted", "a": {"b": "nested"}
})";

TEST(Claims, AreFoundByNameAndExactType) {
  const Claims claims(kJson);
  EXPECT_THAT(claims.FindString("tenant"), Optional(std::string("acme")));
  EXPECT_THAT(claims.FindInteger("level"), Optional(5));
  EXPECT_THAT(claims.FindNumber("share"), Optional(0.5));
  EXPECT_THAT(claims.FindNumber("level"), Optional(5.0));
  EXPECT_THAT(claims.FindBool("verified"), Optional(true));
  EXPECT_THAT(claims.FindString("tab\t"), Optional(std::string("line\nfeed")));
  EXPECT_EQ(claims.FindString("level"), std::nullopt);
  EXPECT_EQ(claims.FindInteger("tenant"), std::nullopt);
  EXPECT_EQ(claims.FindInteger("share"), std::nullopt);
  EXPECT_EQ(claims.FindInteger("verified"), std::nullopt);
  EXPECT_EQ(claims.FindBool("level"), std::nullopt);
  EXPECT_EQ(claims.FindString("Tenant"), std::nullopt);
  EXPECT_EQ(claims.FindString("team"), std::nullopt);
}

TEST(Claims, DistinguishAbsentFromAnotherType) {
  const Claims claims(kJson);
  EXPECT_EQ(claims.TypeOf("absent"), std::nullopt);
  EXPECT_EQ(claims.TypeOf("team"), ClaimType::kNull);
  EXPECT_EQ(claims.TypeOf("level"), ClaimType::kInteger);
  EXPECT_EQ(claims.TypeOf("share"), ClaimType::kDouble);
  EXPECT_EQ(claims.TypeOf("groups"), ClaimType::kArray);
  EXPECT_EQ(claims.TypeOf("realm_access"), ClaimType::kObject);
}

TEST(Claims, KeepIntegersExact) {
  const Claims claims(kJson);
  EXPECT_THAT(claims.FindInteger("big"), Optional(9007199254740993));
  EXPECT_THAT(claims.FindInteger("least"), Optional(INT64_MIN));
  EXPECT_EQ(claims.FindInteger("beyond"), std::nullopt);
  EXPECT_EQ(claims.TypeOf("beyond"), ClaimType::kInteger);
  EXPECT_THAT(claims.FindJson("beyond"),
              Optional(std::string("18446744073709551615")));
}

TEST(Claims, ReturnOneTextAsAListOfOne) {
  const Claims claims(kJson);
  EXPECT_THAT(claims.FindStrings("groups"), Optional(ElementsAre("a", "b")));
  EXPECT_THAT(claims.FindStrings("tenant"), Optional(ElementsAre("acme")));
  EXPECT_THAT(claims.FindStrings("none"), Optional(IsEmpty()));
  EXPECT_EQ(claims.FindStrings("mixed"), std::nullopt);
  EXPECT_EQ(claims.FindStrings("level"), std::nullopt);
}

TEST(Claims, FindNamesWithDotsAndNestedPaths) {
  const Claims claims(kJson);
  EXPECT_THAT(claims.FindStrings({"realm_access", "roles"}),
              Optional(ElementsAre("user", "admin")));
  EXPECT_THAT(claims.FindInteger({"realm_access", "deep", "er"}), Optional(1));
  EXPECT_THAT(claims.FindStrings("https://example.com/roles"),
              Optional(ElementsAre("owner")));
  EXPECT_THAT(claims.FindString("a.b"), Optional(std::string("dotted")));
  EXPECT_THAT(claims.FindString({"a", "b"}), Optional(std::string("nested")));
  EXPECT_EQ(claims.FindStrings("realm_access.roles"), std::nullopt);
  EXPECT_EQ(claims.FindString({"tenant", "x"}), std::nullopt);
  EXPECT_EQ(claims.FindString({"groups", "0"}), std::nullopt);
  EXPECT_EQ(claims.TypeOf(ClaimPath(std::vector<std::string>())), std::nullopt);
}

TEST(Claims, ReturnTheJsonOfAMember) {
  const Claims claims(kJson);
  EXPECT_THAT(claims.FindJson({"realm_access", "deep"}),
              Optional(std::string(R"({"er":1})")));
  EXPECT_THAT(claims.FindJson("groups"), Optional(std::string(R"(["a","b"])")));
  EXPECT_EQ(claims.FindJson("absent"), std::nullopt);
  EXPECT_EQ(claims.json(), kJson);
}

TEST(Claims, AreEmptyIfTheJsonIsNotAnObject) {
  for (const char* json :
       {"", "[]", "\"tenant\"", "{", R"({"tenant":"a","tenant":"b"})"}) {
    const Claims claims(json);
    EXPECT_EQ(claims.TypeOf("tenant"), std::nullopt) << json;
    EXPECT_EQ(claims.FindJson("tenant"), std::nullopt) << json;
    EXPECT_FALSE(Claim("tenant").IsPresent().Holds(claims)) << json;
  }
}

TEST(Claims, AreParsedOnceByConcurrentReaders) {
  const Claims claims(kJson);
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([copy = claims] {
      for (int k = 0; k < 100; ++k) {
        EXPECT_THAT(copy.FindString("tenant"), Optional(std::string("acme")));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST(Claims, BelongToTheCaller) {
  internal::TokenMint::Fields fields;
  fields.claims_json = kJson;
  const Caller caller(internal::TokenMint::Make(fields));
  const Caller copy = caller;
  EXPECT_THAT(copy.claims().FindString("tenant"),
              Optional(std::string("acme")));
  EXPECT_EQ(copy.token().claims_json(), kJson);
}

TEST(ClaimRule, HoldsOnlyIfTheConditionIsFulfilled) {
  const Claims claims(kJson);
  const std::vector<ClaimRule> held = {
      Claim("tenant").Is("acme"),
      Claim("tenant").IsOneOf({"other", "acme"}),
      Claim("tenant").Contains("acme"),
      Claim("tenant").IsPresent(),
      Claim("none").IsPresent(),
      Claim("level").Is(5),
      Claim("big").Is(9007199254740993),
      Claim("verified").Is(true),
      Claim("groups").Contains("b"),
      Claim("mixed").Contains(1),
      Claim({"realm_access", "roles"}).Contains("admin"),
      Claim("https://example.com/roles").Contains("owner"),
      Claim("a.b").Is("dotted"),
      Claim({"a", "b"}).Is("nested"),
  };
  for (const ClaimRule& rule : held) {
    EXPECT_TRUE(rule.Holds(claims)) << rule.Text();
  }
  const std::vector<ClaimRule> broken = {
      Claim("tenant").Is("acm"),
      Claim("tenant").Contains("acm"),
      Claim("tenant").IsOneOf({"other", "another"}),
      Claim("absent").Is("acme"),
      Claim("absent").IsPresent(),
      Claim("team").IsPresent(),
      Claim("level").Is("5"),
      Claim("level").Is(true),
      Claim("big").Is(9007199254740992),
      Claim("beyond").Is(-1),
      Claim("share").Is(0),
      Claim("verified").Is("true"),
      Claim("verified").Is(false),
      Claim("groups").Is("a"),
      Claim("groups").IsOneOf({"a", "b"}),
      Claim("groups").Contains("ab"),
      Claim("none").Contains("a"),
      Claim({"realm_access", "roles"}).Contains("adm"),
      Claim("realm_access.roles").Contains("admin"),
      Claim("realm_access").Contains("roles"),
  };
  for (const ClaimRule& rule : broken) {
    EXPECT_FALSE(rule.Holds(claims)) << rule.Text();
  }
}

TEST(ClaimRule, FormatsItselfAsInAPolicy) {
  EXPECT_EQ(Claim("tenant").Is("acme").Text(), "tenant is \"acme\"");
  EXPECT_EQ(Claim({"a", "b"}).IsOneOf({"x", 5, true}).Text(),
            "a.b is one of \"x\", 5, true");
  EXPECT_EQ(Claim("g").Contains("x").Text(), "g contains \"x\"");
  EXPECT_EQ(Claim("x").IsPresent().Text(), "x is present");
}

TEST(ClaimRule, ValidationFindsInvalidAndContradictoryRules) {
  EXPECT_THAT(
      Validate({Claim("tenant").Is("acme"), Claim("groups").Contains("a"),
                Claim("groups").Contains("b"), Claim("x").IsPresent(),
                Claim("x").Is(5), Claim({"t", "y"}).IsOneOf({"a", "b"}),
                Claim({"t", "y"}).Is("b")}),
      IsEmpty());
  EXPECT_THAT(
      Validate(
          {Claim("").Is("a"), Claim({"a", ""}).IsPresent(), Claim("e").Is(""),
           Claim("n").IsOneOf({}), Claim("w").IsOneOf({"a", "a"}),
           Claim("t").Is("a"), Claim("t").Is("a"), Claim("t").Is("b"),
           Claim("b").Is(true), Claim("b").IsOneOf({false}), Claim("s").Is("5"),
           Claim("s").Is(5), Claim("c").Is("a"), Claim("c").Contains("b")}),
      ElementsAre(HasSubstr("claim : must have a name"),
                  HasSubstr("claim a.: must have a name"),
                  HasSubstr("claim e: a value must not be empty"),
                  HasSubstr("claim n: needs at least one value"),
                  HasSubstr("claim w: has a duplicate value"),
                  "claim t: listed twice",
                  "claim t: no token can fulfil both \"t is \"a\"\" and \"t is "
                  "\"b\"\"",
                  HasSubstr("no token can fulfil both \"t is \"a\"\""),
                  HasSubstr("claim b: no token can fulfil both"),
                  HasSubstr("claim s: no token can fulfil both"),
                  HasSubstr("claim c: no token can fulfil both")));
}

}  // namespace
}  // namespace usher

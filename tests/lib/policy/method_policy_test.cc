#include "usher/method_policy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace usher {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const MethodRule* Find(const MethodPolicy& policy, std::string_view path) {
  return policy.Find(path);
}

TEST(MethodPolicy, AppliesTheMostSpecificRule) {
  MethodPolicy policy;
  policy.Default({.scopes = {"default"}})
      .Service("shop.Orders", {.scopes = {"service"}})
      .Method("/shop.Orders/Delete", {.scopes = {"method"}});
  EXPECT_THAT(policy.errors(), IsEmpty());
  EXPECT_THAT(Find(policy, "/shop.Orders/Delete")->scopes,
              ElementsAre("method"));
  EXPECT_THAT(Find(policy, "/shop.Orders/List")->scopes,
              ElementsAre("service"));
  EXPECT_THAT(Find(policy, "/shop.Carts/List")->scopes, ElementsAre("default"));
}

TEST(MethodPolicy, HasNoRuleForUnlistedMethods) {
  MethodPolicy policy;
  EXPECT_EQ(Find(policy, "/shop.Orders/List"), nullptr);
  policy.Service("shop.Orders", {}).Method("shop.Carts/List", {});
  EXPECT_NE(Find(policy, "/shop.Orders/List"), nullptr);
  EXPECT_NE(Find(policy, "/shop.Carts/List"), nullptr);
  EXPECT_EQ(Find(policy, "/shop.Carts/Clear"), nullptr);
  EXPECT_EQ(Find(policy, "/shop.Orders2/List"), nullptr);
  EXPECT_EQ(Find(policy, "/shop.orders/List"), nullptr);
}

TEST(MethodPolicy, HasNoRuleForMalformedPaths) {
  MethodPolicy policy;
  policy.Default({}).Service("shop.Orders", Public());
  for (const char* path :
       {"", "/", "//", "shop.Orders/List", "/shop.Orders", "/shop.Orders/",
        "//List", "/shop.Orders/List/", "/shop.Orders/a/b",
        "//shop.Orders/List", "/shop.Orders /List"}) {
    EXPECT_EQ(Find(policy, path), nullptr) << path;
  }
}

TEST(MethodPolicy, DefaultExcludesTheServicesOfGrpc) {
  const char* const paths[] = {
      "/grpc.health.v1.Health/Check",
      "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
      "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
      "/grpc.channelz.v1.Channelz/GetServers"};
  MethodPolicy policy;
  policy.Default({});
  for (const char* path : paths) EXPECT_EQ(Find(policy, path), nullptr) << path;
  policy.Health(Public())
      .Reflection({.scopes = {"debug"}})
      .Channelz({.scopes = {"debug"}});
  EXPECT_TRUE(Find(policy, paths[0])->is_public);
  for (int i : {1, 2, 3}) {
    EXPECT_THAT(Find(policy, paths[i])->scopes, ElementsAre("debug"));
  }
  EXPECT_THAT(policy.errors(), IsEmpty());
}

TEST(MethodPolicy, CollectsEveryError) {
  MethodPolicy policy;
  policy.Method("shop.Orders", {})
      .Service("/shop.Orders", {})
      .Service("shop.Carts", {})
      .Service("shop.Carts", {})
      .Method("a.B/C", {.scopes = {"x"}, .is_public = true})
      .Method("a.B/D", {.scopes = {""}})
      .Method("a.B/E", {.claims = {Claim("t").Is("a"), Claim("t").Is("b")}})
      .Method("a.B/F", {.claims = {Claim("t").IsPresent()}, .is_public = true})
      .Default(Public());
  EXPECT_THAT(policy.errors(),
              ElementsAre("method shop.Orders: must be SERVICE/METHOD",
                          HasSubstr("service /shop.Orders: must be a full"),
                          "service shop.Carts: listed twice",
                          HasSubstr("method a.B/C: a public method cannot"),
                          HasSubstr("method a.B/D: no token can have the"),
                          HasSubstr("method a.B/E: claim t: no token can"),
                          HasSubstr("method a.B/F: a public method cannot"),
                          HasSubstr("default: must not be public")));
}

TEST(MethodPolicy, RejectsRulesThatCanMatchNothing) {
  MethodPolicy policy;
  policy.Method("/a.B/*", {})
      .Service("a.*", {})
      .Method("a.B/C?x", {})
      .Service("a.B#", {})
      .Method(std::string_view("a.B/C\0", 6), {})
      .Method("a.B/C", {.scopes = {"x y"}})
      .Method("a.B/D", {.scopes = {"a\"b", "a\\b", "a\tb"}})
      .Method("a.B/E", {.audiences = {""}});
  EXPECT_THAT(
      policy.errors(),
      ElementsAre(HasSubstr("a.B/*: must be SERVICE/METHOD; there are no wild"),
                  HasSubstr("package.Service; there are no wildcards"),
                  "method a.B/C?x: must be SERVICE/METHOD",
                  "service a.B#: must be a full service name, package.Service",
                  HasSubstr("must be SERVICE/METHOD"),
                  HasSubstr("no token can have the scope \"x y\""),
                  HasSubstr("a\"b"), HasSubstr("a\\b"), HasSubstr("a\tb"),
                  "method a.B/E: an audience must not be empty"));
}

TEST(MethodPolicy, HasNoRuleForAPathWhoseEndIsAmbiguous) {
  MethodPolicy policy;
  policy.Method("a.B/C", Public()).Service("a.B", {}).Default({});
  for (const std::string& path :
       {std::string("/a.B/C\0", 7), std::string("/a.B/\0C", 7),
        std::string("/a.B\0/C", 7), std::string("/a.B/C?x"),
        std::string("/a.B/C#x"), std::string("/a.B/C\x7f"),
        std::string("/a.B/C\n"), std::string("/a.B/ C")}) {
    EXPECT_EQ(policy.Find(path), nullptr) << path;
  }
  EXPECT_NE(policy.Find("/a.B/C;x"), nullptr);
}

TEST(MethodPolicy, OptionalRuleKeepsItsRequirements) {
  MethodPolicy policy;
  policy.Method("a.B/C", {.scopes = {"x"}, .optional = true})
      .Service("a.D", {.optional = true});
  EXPECT_THAT(policy.errors(), IsEmpty());
  const std::string audiences[] = {"orders"};
  const MethodPolicy whole = policy.WithAudiences(audiences);
  const MethodRule& rule = *Find(whole, "/a.B/C");
  EXPECT_TRUE(rule.optional);
  EXPECT_THAT(rule.scopes, ElementsAre("x"));
  EXPECT_THAT(rule.audiences, ElementsAre("orders"));
}

TEST(MethodPolicy, RejectsOptionalWithPublicAndAsDefault) {
  MethodPolicy policy;
  policy.Method("a.B/C", {.is_public = true, .optional = true})
      .Default({.optional = true});
  EXPECT_THAT(
      policy.errors(),
      ElementsAre("method a.B/C: must not be both public and optional",
                  "default: must not be optional: name the methods that are"));
}

TEST(MethodPolicy, FillsInAudiencesOnlyWhereMissing) {
  MethodPolicy policy;
  policy.Default({})
      .Service("a.B", {.audiences = {"own"}})
      .Method("a.C/D", Public());
  const std::string audiences[] = {"orders"};
  const MethodPolicy whole = policy.WithAudiences(audiences);
  EXPECT_THAT(Find(whole, "/x.Y/Z")->audiences, ElementsAre("orders"));
  EXPECT_THAT(Find(whole, "/a.B/Z")->audiences, ElementsAre("own"));
  EXPECT_THAT(Find(whole, "/a.C/D")->audiences, IsEmpty());
}

}  // namespace
}  // namespace usher

#include "lib/issuer/introspection.h"

#include <gtest/gtest.h>

namespace usher::issuer {
namespace {

TEST(LooksOpaque, IsWhatBeginsAndIsDividedUnlikeAJwt) {
  EXPECT_TRUE(LooksOpaque("ory_at_3hX.kQ"));
  EXPECT_TRUE(LooksOpaque("2YotnFZFEjr1zCsicMWpAA"));
  EXPECT_TRUE(LooksOpaque("a.b.c.d"));
  EXPECT_TRUE(LooksOpaque(""));
  EXPECT_FALSE(LooksOpaque("eyJhbGciOiJSUzI1NiJ9"));  // a JWT cut short
  EXPECT_FALSE(LooksOpaque("eyJh.b.c.d.e"));          // an encrypted JWT
  EXPECT_FALSE(LooksOpaque("a.b.c"));
}

// RFC 6750 section 2.1, b64token.
TEST(IsOpaqueToken, HasTheAlphabetOfBearerTokens) {
  EXPECT_TRUE(IsOpaqueToken("aZ09-._~+/"));
  EXPECT_TRUE(IsOpaqueToken("abc=="));
  EXPECT_FALSE(IsOpaqueToken(""));
  EXPECT_FALSE(IsOpaqueToken("=="));
  EXPECT_FALSE(IsOpaqueToken("a=b"));
  for (const char* other : {"a b", "a\nb", "a&b", "a%20", "\u00e4", "a\"b"}) {
    EXPECT_FALSE(IsOpaqueToken(other)) << other;
  }
  EXPECT_FALSE(IsOpaqueToken(std::string_view("a\0b", 3)));
}

TEST(IsOpaqueToken, HasABoundedLength) {
  EXPECT_TRUE(IsOpaqueToken(std::string(kMaxOpaqueToken, 'a')));
  EXPECT_FALSE(IsOpaqueToken(std::string(kMaxOpaqueToken + 1, 'a')));
}

TEST(IsOpaquePrefix, CannotBeginAJwt) {
  EXPECT_TRUE(IsOpaquePrefix("ory_at_"));
  EXPECT_FALSE(IsOpaquePrefix(""));
  EXPECT_FALSE(IsOpaquePrefix("eyJ"));
  EXPECT_FALSE(IsOpaquePrefix("a b"));
  EXPECT_FALSE(IsOpaquePrefix(std::string(65, 'a')));
}

class OpaqueRoutesTest : public ::testing::Test {
 protected:
  void Add(std::string prefix, size_t issuer, bool is_default = false) {
    Introspection introspection;
    introspection.prefix = std::move(prefix);
    introspection.is_default = is_default;
    routes_.Add(introspection, issuer);
  }
  OpaqueRoutes routes_;
};

TEST_F(OpaqueRoutesTest, WithoutAnyNoIssuerIsAsked) {
  EXPECT_EQ(routes_.Find("opaque"), std::nullopt);
}

TEST_F(OpaqueRoutesTest, TheIssuerIsTheOneWhosePrefixTheTokenHas) {
  Add("ory_at_", 0);
  Add("ory_ac_", 1);
  Add("z", 2);
  EXPECT_EQ(routes_.Find("ory_at_abc"), 0u);
  EXPECT_EQ(routes_.Find("ory_ac_abc"), 1u);
  EXPECT_EQ(routes_.Find("ory_at_"), 0u);
  EXPECT_EQ(routes_.Find("zebra"), 2u);
  for (const char* other : {"", "ory_at", "ory_az_abc", "ory", "y"}) {
    EXPECT_EQ(routes_.Find(other), std::nullopt) << other;
  }
}

TEST_F(OpaqueRoutesTest, TheDefaultIsAskedOnlyWhereNoPrefixMatches) {
  Add("ory_at_", 0);
  Add("", 1, true);
  EXPECT_EQ(routes_.Find("ory_at_abc"), 0u);
  EXPECT_EQ(routes_.Find("abc"), 1u);
}

}  // namespace
}  // namespace usher::issuer

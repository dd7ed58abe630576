// How often one token is parsed, whatever path it takes. The linker puts
// CountedParse() in the place of jose::Jws::Parse() (see CMakeLists.txt).
#include <gtest/gtest.h>

#include "tests/lib/verify/verifier_fixture.h"

#define USHER_JWS_PARSE                                               \
  "_ZN5usher4jose3Jws5ParseESt17basic_string_viewIcSt11char_traitsIc" \
  "EERNS0_10JwsScratchE"

namespace usher::verify {
namespace {

int parses = 0;

}  // namespace

base::Result<jose::Jws> RealParse(
    std::string_view token,
    jose::JwsScratch& scratch) asm("__real_" USHER_JWS_PARSE);
base::Result<jose::Jws> CountedParse(
    std::string_view token,
    jose::JwsScratch& scratch) asm("__wrap_" USHER_JWS_PARSE);

base::Result<jose::Jws> CountedParse(std::string_view token,
                                     jose::JwsScratch& scratch) {
  ++parses;
  return RealParse(token, scratch);
}

namespace {

using testing::TestIssuer;

class ParsesPerToken : public ::testing::Test {
 protected:
  ParsesPerToken() : provider(world.clock) {
    world.Add(provider);
    world.Apply();
  }
  // Verifies the token to the end, and counts.
  int Of(std::string_view token) {
    parses = 0;
    int answers = 0;
    world.Verify(token, [&](const Decision&) { ++answers; });
    world.http.Deliver();
    EXPECT_EQ(answers, 1);
    return parses;
  }

  VerifierFixture world;
  TestIssuer provider;
};

TEST_F(ParsesPerToken, OneWhereTheKeysInMemoryDecide) {
  EXPECT_EQ(Of(provider.Mint()), 1);
  EXPECT_EQ(Of("eyJnYXJiYWdl"), 1);
  EXPECT_EQ(Of(provider.Mint({.claims = R"({"exp":1})"})), 1);
}

TEST_F(ParsesPerToken, NoneWhereTheTokenCacheDecides) {
  const std::string token = provider.Mint();
  EXPECT_EQ(Of(token), 1);
  EXPECT_EQ(Of(token), 0);
}

TEST_F(ParsesPerToken, TwoWhereAFetchDecides) {
  world.clock.Advance(absl::Minutes(1));
  provider.Rotate();
  world.Publish(provider);
  EXPECT_EQ(Of(provider.Mint()), 2);
}

TEST_F(ParsesPerToken, OneWhereTheAudienceIsAmbiguous) {
  world.configs[0].audiences = {"orders", "billing"};
  world.Apply();
  parses = 0;
  EXPECT_TRUE(
      std::holds_alternative<AmbiguousAudience>(world.Decide(provider.Mint())));
  EXPECT_EQ(parses, 1);
}

}  // namespace
}  // namespace usher::verify

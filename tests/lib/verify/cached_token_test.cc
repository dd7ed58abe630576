// What the verified-token cache must never let through.
#include <gtest/gtest.h>

#include "tests/lib/verify/verifier_fixture.h"

namespace usher::verify {
namespace {

using testing::TestIssuer;

class CachedToken : public ::testing::Test {
 protected:
  CachedToken() : provider(world.clock) {
    world.Add(provider);
    world.Apply();
    token = provider.Mint({.claims = R"({"scope":"read"})"});
    EXPECT_EQ(world.ReasonOf(token), std::nullopt);
  }
  VerdictSource LastSource() { return world.observer.verdicts.back().source; }

  VerifierFixture world;
  TestIssuer provider;
  std::string token;
};

TEST_F(CachedToken, TheSecondVerificationIsFromTheCache) {
  EXPECT_EQ(world.ReasonOf(token), std::nullopt);
  EXPECT_EQ(LastSource(), VerdictSource::kCache);
}

TEST_F(CachedToken, TheSameClaimsUnderAnotherSignatureAreNotTheSameToken) {
  std::string forged = token;
  const size_t middle = (forged.rfind('.') + forged.size()) / 2;
  forged[middle] = forged[middle] == 'A' ? 'B' : 'A';
  EXPECT_EQ(world.ReasonOf(forged), Reason::kSignatureInvalid);
}

TEST_F(CachedToken, OtherClaimsUnderTheSameSignatureAreNotTheSameToken) {
  const std::string other = provider.Mint({.claims = R"({"sub":"mallory"})"});
  const std::string forged =
      other.substr(0, other.rfind('.')) + token.substr(token.rfind('.'));
  EXPECT_EQ(world.ReasonOf(forged), Reason::kSignatureInvalid);
}

TEST_F(CachedToken, TimeIsCheckedAgain) {
  world.clock.Advance(absl::Minutes(6));
  EXPECT_EQ(world.ReasonOf(token), Reason::kTokenExpired);
}

TEST_F(CachedToken, AudienceAndScopeAreCheckedAgain) {
  EXPECT_EQ(world.ReasonOf(token, {.audiences = {"billing"}}),
            Reason::kAudienceMismatch);
  EXPECT_EQ(LastSource(), VerdictSource::kCache);
  EXPECT_EQ(world.ReasonOf(token, {.scopes = {"admin"}}),
            Reason::kScopeInsufficient);
  EXPECT_EQ(world.ReasonOf(token, {.issuer = "https://other.test"}),
            Reason::kIssuerUnknown);
}

TEST_F(CachedToken, ItEndsWithItsKey) {
  provider.Rotate({.keep_old = false});
  world.Publish(provider);
  world.scheduler.Advance(absl::Minutes(1));
  // A token signed with the new key causes the fetch of the new set.
  world.Verify(provider.Mint(), [](Decision) {});
  world.http.Deliver();
  world.SpendFetches(provider);
  EXPECT_EQ(world.ReasonOf(token), Reason::kKeyNotFound);
  EXPECT_EQ(LastSource(), VerdictSource::kLocal);
}

TEST_F(CachedToken, ItOutlivesARefreshThatBringsTheSameKey) {
  provider.AddKey(jose::Alg::kEs256);
  world.Publish(provider);
  world.scheduler.Advance(absl::Minutes(1));
  world.Verify(provider.Mint(), [](Decision) {});
  world.http.Deliver();
  EXPECT_EQ(world.ReasonOf(token), std::nullopt);
  EXPECT_EQ(LastSource(), VerdictSource::kCache);
}

TEST_F(CachedToken, ItEndsWithItsIssuersSettings) {
  world.configs[0].algorithms = {jose::Alg::kRs256};
  world.Apply();
  EXPECT_EQ(world.ReasonOf(token), Reason::kAlgorithmNotAllowed);
}

TEST_F(CachedToken, ItEndsWithItsIssuer) {
  world.configs.clear();
  world.Apply();
  EXPECT_EQ(world.ReasonOf(token), Reason::kIssuerUnknown);
}

TEST_F(CachedToken, ItOutlivesAChangeOfAnotherIssuer) {
  TestIssuer other(world.clock, {.issuer = "https://other.test"});
  world.Add(other, "other");
  world.Apply();
  EXPECT_EQ(world.ReasonOf(token), std::nullopt);
  EXPECT_EQ(LastSource(), VerdictSource::kCache);
}

TEST_F(CachedToken, RefusedTokensAreNotCached) {
  const size_t before = world.engine.token_cache().counts().entries;
  world.ReasonOf(provider.Mint({.claims = R"({"aud":"billing"})"}));
  world.ReasonOf("a.b.c");
  EXPECT_EQ(world.engine.token_cache().counts().entries, before);
}

}  // namespace
}  // namespace usher::verify

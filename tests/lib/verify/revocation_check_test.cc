#include "lib/verify/revocation_check.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/lib/verify/verifier_fixture.h"

namespace usher::verify {
namespace {

using revocation::Kind;
using testing::TestIssuer;

class RevokedToken : public ::testing::Test {
 protected:
  RevokedToken() {
    world.Add(provider);
    world.Apply();
  }
  std::string Mint(std::string claims) {
    return provider.Mint({.claims = std::move(claims)});
  }

  VerifierFixture world;
  TestIssuer provider{world.clock};
};

TEST_F(RevokedToken, IsDeniedByEachKind) {
  const std::string token =
      Mint(R"({"jti":"t1","sid":"s1","sub":"ada","client_id":"shop"})");
  const absl::Time now = world.clock.Now();
  struct {
    revocation::TargetView target;
    absl::Time not_issued_after;
    std::string_view claim;
  } const rows[] = {
      {{"corp", "", Kind::kEverything, ""}, now, "iat"},
      {{"corp", "", Kind::kClient, "shop"}, now, "client_id"},
      {{"corp", "", Kind::kSubject, "ada"}, now, "sub"},
      {{"corp", "", Kind::kSession, "s1"}, absl::InfiniteFuture(), "sid"},
      {{"corp", "", Kind::kTokenId, "t1"}, absl::InfiniteFuture(), "jti"},
  };
  EXPECT_EQ(world.ReasonOf(token), std::nullopt);
  // From the last kind to the first, so that each is the one that is found.
  for (const auto& row : rows) {
    world.Revoke(row.target, row.not_issued_after);
    const auto verdict = world.VerdictOf(token);
    ASSERT_TRUE(verdict && !verdict->ok()) << NameOf(row.target.kind);
    EXPECT_EQ(verdict->refusal().reason, Reason::kTokenRevoked);
    EXPECT_EQ(verdict->refusal().claim, row.claim);
  }
}

TEST_F(RevokedToken, IsDeniedFromTheTokenCacheAndFromTheKeysAlike) {
  const std::string cached = Mint(R"({"sub":"ada"})");
  const std::string fresh = Mint(R"({"sub":"ada","x":1})");
  EXPECT_EQ(world.ReasonOf(cached), std::nullopt);
  EXPECT_EQ(world.ReasonOf(cached), std::nullopt);
  EXPECT_EQ(world.observer.verdicts.back().source, VerdictSource::kCache);
  world.Revoke({"corp", "", Kind::kSubject, "ada"}, world.clock.Now());
  EXPECT_EQ(world.ReasonOf(cached), Reason::kTokenRevoked);
  EXPECT_EQ(world.observer.verdicts.back().source, VerdictSource::kCache);
  EXPECT_EQ(world.ReasonOf(fresh), Reason::kTokenRevoked);
  EXPECT_EQ(world.observer.verdicts.back().source, VerdictSource::kLocal);
}

TEST_F(RevokedToken, IsAcceptedAgainOnceTheRevocationIsLifted) {
  const std::string token = Mint(R"({"jti":"t1"})");
  const revocation::TargetView target = {"corp", "", Kind::kTokenId, "t1"};
  world.Revoke(target);
  EXPECT_EQ(world.ReasonOf(token), Reason::kTokenRevoked);
  const revocation::Set::Change lifted(target, std::nullopt);
  world.revoked.Apply({&lifted, 1});
  EXPECT_EQ(world.ReasonOf(token), std::nullopt);
}

TEST_F(RevokedToken, OfAnAliasIsDeniedToo) {
  world.configs[0].aliases = {"https://old.example.com"};
  world.Apply();
  world.Revoke({"corp", "", Kind::kTokenId, "t1"});
  EXPECT_EQ(
      world.ReasonOf(Mint(R"({"jti":"t1","iss":"https://old.example.com"})")),
      Reason::kTokenRevoked);
}

TEST_F(RevokedToken, OfAnotherIssuerIsNotDenied) {
  world.Revoke({"partner", "", Kind::kTokenId, "t1"});
  world.Revoke({"corp", "tenant", Kind::kTokenId, "t1"});
  EXPECT_EQ(world.ReasonOf(Mint(R"({"jti":"t1"})")), std::nullopt);
}

TEST_F(RevokedToken, WasIssuedBeforeTheEndOfTheSkew) {
  const absl::Time now = world.clock.Now();
  world.configs[0].policy.clock_skew = absl::Seconds(30);
  world.Apply();
  const auto issued = [&](absl::Duration after) {
    return Mint(base::StrCat(R"({"sub":"ada","iat":)",
                             absl::ToUnixSeconds(now + after), "}"));
  };
  world.Revoke({"corp", "", Kind::kSubject, "ada"}, now);
  world.clock.Advance(absl::Seconds(40));
  EXPECT_EQ(world.ReasonOf(issued(absl::Seconds(30))), Reason::kTokenRevoked);
  EXPECT_EQ(world.ReasonOf(issued(absl::Seconds(31))), std::nullopt);
}

TEST_F(RevokedToken, WithoutIatIsDenied) {
  world.configs[0].policy.insecure_allow_missing_iat = true;
  world.Apply();
  const std::string token = Mint(R"({"sub":"ada","iat":null})");
  EXPECT_EQ(world.ReasonOf(token), std::nullopt);
  world.Revoke({"corp", "", Kind::kEverything, ""},
               world.clock.Now() - absl::Hours(1));
  EXPECT_EQ(world.ReasonOf(token), Reason::kTokenRevoked);
}

// A revoked token must not be told to ask for more scope, and an expired one is
// only expired.
TEST_F(RevokedToken, IsToldSoAfterTheOtherClaimsAndBeforeTheScope) {
  world.Revoke({"corp", "", Kind::kTokenId, "t1"});
  EXPECT_EQ(world.ReasonOf(Mint(R"({"jti":"t1"})"), {.scopes = {"admin"}}),
            Reason::kTokenRevoked);
  EXPECT_EQ(world.ReasonOf(Mint(R"({"jti":"t1","cnf":{"jkt":"x"}})")),
            Reason::kTokenBindingUnsupported);
  EXPECT_EQ(world.ReasonOf(Mint(R"({"jti":"t1","exp":2,"iat":1})")),
            Reason::kTokenExpired);
  EXPECT_EQ(world.ReasonOf(Mint(R"({"jti":"t1","aud":"other"})")),
            Reason::kAudienceMismatch);
}

TEST_F(RevokedToken, HasARowInTheExplanation) {
  const std::string token = Mint(R"({"jti":"t1"})");
  const auto row = [&] {
    const auto explained = world.Explain(token);
    return explained.checks[static_cast<size_t>(CheckId::kRevocation)];
  };
  EXPECT_EQ(row().outcome, Check::Outcome::kPassed);
  world.Revoke({"corp", "", Kind::kTokenId, "t1"});
  EXPECT_EQ(row().name, "revocation");
  EXPECT_EQ(row().outcome, Check::Outcome::kFailed);
  EXPECT_EQ(row().reason, Reason::kTokenRevoked);
}

// A token that waited for its key is judged by what is revoked when it ends.
TEST_F(RevokedToken, IsDeniedAfterItWaitedForItsKey) {
  provider.Rotate();
  world.clock.Advance(absl::Seconds(1));
  const std::string token = Mint(R"({"jti":"t1"})");
  std::optional<Reason> reason;
  world.Verify(token, [&](Decision decision) {
    if (!decision.verdict) reason = decision.verdict.refusal().reason;
  });
  EXPECT_EQ(reason, std::nullopt);
  world.Revoke({"corp", "", Kind::kTokenId, "t1"});
  world.Publish(provider);
  world.http.Deliver();
  EXPECT_EQ(reason, Reason::kTokenRevoked);
}

}  // namespace
}  // namespace usher::verify

#include "lib/verify/verifier.h"

#include <gtest/gtest.h>

#include "tests/lib/verify/verifier_fixture.h"

namespace usher::verify {
namespace {

using testing::TestIssuer;

TEST(Verifier, TellsWhatAGoodTokenSaid) {
  World world;
  TestIssuer provider(world.clock);
  world.Add(provider);
  world.Apply();
  const auto verdict = world.verifier->Decide(
      provider.Mint({.claims = R"({"scope":"read","sid":"s1"})"}),
      {.audiences = {"orders"}, .scopes = {"read"}});
  ASSERT_TRUE(verdict && verdict->ok());
  const VerifiedToken& token = **verdict;
  EXPECT_EQ(token.claims().issuer, provider.issuer());
  EXPECT_EQ(token.claims().subject, "alice");
  EXPECT_EQ(token.claims().session_id, "s1");
  EXPECT_EQ(token.issuer_name(), "corp");
  EXPECT_EQ(token.key_id(), provider.kids()[0]);
  EXPECT_EQ(token.algorithm(), jose::Alg::kEs256);
  EXPECT_EQ(token.kind(), TokenKind::kAccessToken);
  EXPECT_EQ(token.evaluated_at(), world.clock.Now());
  EXPECT_EQ(token.cache_for(), absl::Seconds(30));
  EXPECT_FALSE(token.stale_keys());
}

TEST(Verifier, NamesTheIssuerOfARefusedTokenOnlyAsTheOperatorDoes) {
  World world;
  TestIssuer provider(world.clock);
  world.Add(provider);
  world.Apply();
  EXPECT_EQ(
      world.verifier->IssuerNameOf(provider.Mint({.claims = R"({"exp":1})"})),
      "corp");
  EXPECT_EQ(world.verifier->IssuerNameOf(
                provider.Mint({.claims = R"({"iss":"https://x.example"})"})),
            "");
  EXPECT_EQ(world.verifier->IssuerNameOf("corp"), "");
}

TEST(Verifier, TakesEveryAlgorithmThatIsListed) {
  for (const jose::AlgRow& row : jose::Algs()) {
    World world;
    TestIssuer provider(world.clock, {.algs = {row.alg}});
    world.Add(provider).algorithms = {row.alg};
    world.Apply();
    EXPECT_EQ(world.ReasonOf(provider.Mint()), std::nullopt) << row.name;
  }
}

TEST(Verifier, RefusesEveryAlteredSignatureOfEveryAlgorithm) {
  for (const jose::AlgRow& row : jose::Algs()) {
    // RSA has six rows of one shape: one of each padding will do here, and
    // jose's own tests do the rest.
    if (row.digest == jose::Digest::kSha384 && row.curve == jose::Curve::kNone)
      continue;
    World world;
    TestIssuer provider(world.clock, {.algs = {row.alg}});
    world.Add(provider).algorithms = {row.alg};
    world.Apply();
    const std::string good = provider.Mint();
    const size_t begin = good.rfind('.') + 1;
    for (size_t i = begin; i < good.size(); ++i) {
      for (int bit = 0; bit < 7; ++bit) {
        std::string bad = good;
        bad[i] = static_cast<char>(bad[i] ^ (1 << bit));
        ASSERT_NE(world.ReasonOf(bad), std::nullopt) << row.name << " " << i;
      }
    }
    for (size_t size = begin; size < good.size(); ++size) {
      ASSERT_NE(world.ReasonOf(good.substr(0, size)), std::nullopt)
          << row.name << " cut to " << size;
    }
    EXPECT_EQ(world.ReasonOf(good), std::nullopt) << row.name;
  }
}

TEST(Verifier, ShortensReuseToWhatTheTokenHasLeft) {
  World world;
  TestIssuer provider(world.clock);
  world.Add(provider);
  world.Apply();
  const std::string token = provider.Mint();
  world.clock.Advance(absl::Minutes(5) - absl::Seconds(7));
  auto verdict = world.verifier->Decide(token, {});
  ASSERT_TRUE(verdict && verdict->ok());
  EXPECT_EQ((*verdict)->cache_for(), absl::Seconds(7));
  // Within the skew after exp it still holds, but is not to be reused.
  world.clock.Advance(absl::Seconds(30));
  verdict = world.verifier->Decide(token, {});
  ASSERT_TRUE(verdict && verdict->ok());
  EXPECT_EQ((*verdict)->cache_for(), absl::ZeroDuration());
}

TEST(Verifier, IssuersNeverSeeEachOthersKeysWhateverTheirKids) {
  World world;
  TestIssuer ours(world.clock, {.issuer = "https://a.test", .kid = "same"});
  TestIssuer theirs(world.clock, {.issuer = "https://b.test", .kid = "same"});
  world.Add(ours, "a");
  world.Add(theirs, "b");
  world.Apply();
  EXPECT_EQ(world.ReasonOf(ours.Mint()), std::nullopt);
  EXPECT_EQ(world.ReasonOf(theirs.Mint()), std::nullopt);
  EXPECT_EQ(
      world.ReasonOf(theirs.Mint({.claims = R"({"iss":"https://a.test"})"})),
      Reason::kSignatureInvalid);
}

TEST(Verifier, ARequestNarrowsTheAudiencesAndNeverWidensThem) {
  World world;
  TestIssuer provider(world.clock);
  world.Add(provider).audiences = {"orders", "billing"};
  world.Apply();
  const std::string orders = provider.Mint();
  const std::string other = provider.Mint({.claims = R"({"aud":"other"})"});
  EXPECT_EQ(world.ReasonOf(orders, {.audiences = {"orders"}}), std::nullopt);
  EXPECT_EQ(world.ReasonOf(orders, {.audiences = {"billing", "orders"}}),
            std::nullopt);
  EXPECT_EQ(world.ReasonOf(orders, {.audiences = {"billing"}}),
            Reason::kAudienceMismatch);
  EXPECT_EQ(world.ReasonOf(other, {.audiences = {"other"}}),
            Reason::kAudienceMismatch);
}

TEST(Verifier, ACallerIsHeldToItsOwnAudiences) {
  World world;
  TestIssuer provider(world.clock);
  world.Add(provider).audiences = {"orders", "billing"};
  world.Apply();
  const std::string orders = provider.Mint();
  using List = std::vector<std::string>;
  EXPECT_EQ(world.ReasonOf(orders, {.caller_audiences = List{"orders"}}),
            std::nullopt);
  EXPECT_EQ(world.ReasonOf(orders, {.caller_audiences = List{"billing"}}),
            Reason::kAudienceMismatch);
  EXPECT_EQ(world.ReasonOf(orders, {.audiences = {"orders"},
                                    .caller_audiences = List{"billing"}}),
            Reason::kAudienceMismatch);
  EXPECT_EQ(world.ReasonOf(orders, {.caller_audiences = List{}}),
            Reason::kAudienceMismatch);
}

TEST(Verifier, AQuestionMustNameAnAudienceWhereTheIssuerHasSeveral) {
  World world;
  TestIssuer provider(world.clock);
  world.Add(provider).audiences = {"orders", "billing"};
  world.Apply();
  const std::string token = provider.Mint();
  EXPECT_TRUE(world.verifier->FaultIn(token, {}));
  EXPECT_FALSE(world.verifier->FaultIn(token, {.audiences = {"orders"}}));
  EXPECT_FALSE(world.verifier->FaultIn("garbage", {}));
  // Should somebody ask all the same, the answer is no.
  EXPECT_EQ(world.ReasonOf(token), Reason::kAudienceMismatch);
}

TEST(Verifier, IdTokensAreTakenWhereAskedForAndNowhereElse) {
  World world;
  TestIssuer provider(world.clock);
  world.Add(provider);
  world.Apply();
  const std::string id =
      provider.Mint({.claims = R"({"nonce":"n"})", .typ = "JWT"});
  EXPECT_EQ(world.ReasonOf(id), Reason::kTokenTypeNotAllowed);
  EXPECT_EQ(world.ReasonOf(id, {.kind = TokenKind::kIdToken}), std::nullopt);
  // And back, now that it is remembered.
  EXPECT_EQ(world.ReasonOf(id), Reason::kTokenTypeNotAllowed);
  EXPECT_EQ(world.ReasonOf(provider.Mint(), {.kind = TokenKind::kIdToken}),
            Reason::kTokenTypeNotAllowed);
}

TEST(Verifier, TellsItsObserverEachVerdictOnce) {
  World world;
  TestIssuer provider(world.clock);
  world.Add(provider);
  world.Apply();
  const std::string good = provider.Mint();
  world.ReasonOf(good);
  world.ReasonOf(good);
  world.ReasonOf("garbage");
  const auto& told = world.observer.told;
  ASSERT_EQ(told.size(), 3u);
  EXPECT_EQ(told[0].issuer_name, "corp");
  EXPECT_EQ(told[0].reason, std::nullopt);
  EXPECT_EQ(told[0].path, Path::kLocal);
  EXPECT_EQ(told[1].path, Path::kCache);
  EXPECT_EQ(told[2].issuer_name, "");
  EXPECT_EQ(told[2].reason, Reason::kTokenMalformed);
}

}  // namespace
}  // namespace usher::verify

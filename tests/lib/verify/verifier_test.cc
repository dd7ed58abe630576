#include "lib/verify/verifier.h"

#include <gtest/gtest.h>

#include "tests/lib/verify/verifier_fixture.h"

namespace usher::verify {
namespace {

using testing::TestIssuer;

TEST(Verifier, ReturnsTheClaimsOfAGoodToken) {
  VerifierFixture world;
  TestIssuer provider(world.clock);
  world.Add(provider);
  world.Apply();
  const auto verdict = world.VerdictOf(
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

TEST(Verifier, NamesTheIssuerOfARefusedTokenByItsConfiguredName) {
  VerifierFixture world;
  TestIssuer provider(world.clock);
  world.Add(provider);
  world.Apply();
  const auto name_of = [&](const std::string& token,
                           const Requirements& wanted = {}) {
    return std::get<Decision>(world.Decide(token, wanted)).issuer_name;
  };
  const std::string expired = provider.Mint({.claims = R"({"exp":1})"});
  EXPECT_EQ(name_of(expired), "corp");
  EXPECT_EQ(name_of(expired, {.issuer = "https://x.example"}), "corp");
  EXPECT_EQ(
      name_of(provider.Mint({.claims = R"({"iss":"https://x.example"})"})), "");
  EXPECT_EQ(name_of("corp"), "");
}

TEST(Verifier, AcceptsEveryListedAlgorithm) {
  for (const jose::AlgInfo& row : jose::Algs()) {
    VerifierFixture world;
    TestIssuer provider(world.clock, {.algs = {row.alg}});
    world.Add(provider).algorithms = {row.alg};
    world.Apply();
    EXPECT_EQ(world.ReasonOf(provider.Mint()), std::nullopt) << row.name;
  }
}

TEST(Verifier, RefusesEveryAlteredSignatureOfEveryAlgorithm) {
  for (const jose::AlgInfo& row : jose::Algs()) {
    // The six RSA rows differ little: one of each padding is enough here; the
    // tests of jose cover the rest.
    if (row.digest == jose::Digest::kSha384 && row.curve == jose::Curve::kNone)
      continue;
    VerifierFixture world;
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
  VerifierFixture world;
  TestIssuer provider(world.clock);
  world.Add(provider);
  world.Apply();
  const std::string token = provider.Mint();
  world.clock.Advance(absl::Minutes(5) - absl::Seconds(7));
  auto verdict = world.VerdictOf(token);
  ASSERT_TRUE(verdict && verdict->ok());
  EXPECT_EQ((*verdict)->cache_for(), absl::Seconds(7));
  // Within the skew after exp it still holds, but is not to be reused.
  world.clock.Advance(absl::Seconds(30));
  verdict = world.VerdictOf(token);
  ASSERT_TRUE(verdict && verdict->ok());
  EXPECT_EQ((*verdict)->cache_for(), absl::ZeroDuration());
}

TEST(Verifier, IssuersNeverUseEachOthersKeysWhateverTheirKids) {
  VerifierFixture world;
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
  VerifierFixture world;
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

TEST(Verifier, AClientServiceIsLimitedToItsAudiences) {
  VerifierFixture world;
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

TEST(Verifier, ARequestMustNameAnAudienceWhereTheIssuerHasSeveral) {
  VerifierFixture world;
  TestIssuer provider(world.clock);
  world.Add(provider).audiences = {"orders", "billing"};
  world.Apply();
  const std::string token = provider.Mint();
  const auto is_ambiguous = [&](std::string_view text,
                                const Requirements& wanted = {}) {
    const auto outcome = world.Decide(text, wanted);
    return std::holds_alternative<AmbiguousAudience>(outcome);
  };
  EXPECT_TRUE(is_ambiguous(token));
  EXPECT_TRUE(is_ambiguous(token, {.issuer = "https://other.test"}));
  EXPECT_TRUE(is_ambiguous(provider.Mint({.header = R"({"kid":"unknown"})"})));
  EXPECT_TRUE(is_ambiguous(provider.Mint({.typ = "logout+jwt"})));
  EXPECT_FALSE(is_ambiguous("eyJ.garbage"));
  EXPECT_FALSE(is_ambiguous(token, {.caller_audiences = {{"orders"}}}));
  EXPECT_EQ(world.observer.verdicts.size(), 2u);

  // Nor does a token pass that is in the cache.
  EXPECT_EQ(world.ReasonOf(token, {.audiences = {"orders"}}), std::nullopt);
  EXPECT_TRUE(is_ambiguous(token));
  EXPECT_TRUE(std::holds_alternative<AmbiguousAudience>(
      world.engine.Explain(token, {})));
}

TEST(Verifier, IdTokensAreAcceptedOnlyWhereTheRequestWantsThem) {
  VerifierFixture world;
  TestIssuer provider(world.clock);
  world.Add(provider);
  world.Apply();
  const std::string id =
      provider.Mint({.claims = R"({"nonce":"n"})", .typ = "JWT"});
  EXPECT_EQ(world.ReasonOf(id), Reason::kTokenTypeNotAllowed);
  EXPECT_EQ(world.ReasonOf(id, {.kind = TokenKind::kIdToken}), std::nullopt);
  // Also when it is in the cache.
  EXPECT_EQ(world.ReasonOf(id), Reason::kTokenTypeNotAllowed);
  EXPECT_EQ(world.ReasonOf(provider.Mint(), {.kind = TokenKind::kIdToken}),
            Reason::kTokenTypeNotAllowed);
}

TEST(Verifier, ReportsEachVerdictToTheObserverOnce) {
  VerifierFixture world;
  TestIssuer provider(world.clock);
  world.Add(provider);
  world.Apply();
  const std::string good = provider.Mint();
  world.ReasonOf(good);
  world.ReasonOf(good);
  world.ReasonOf("eyJ.garbage");
  const auto& verdicts = world.observer.verdicts;
  ASSERT_EQ(verdicts.size(), 3u);
  EXPECT_EQ(verdicts[0].issuer_name, "corp");
  EXPECT_EQ(verdicts[0].reason, std::nullopt);
  EXPECT_EQ(verdicts[0].source, VerdictSource::kLocal);
  EXPECT_EQ(verdicts[1].source, VerdictSource::kCache);
  EXPECT_EQ(verdicts[2].issuer_name, "");
  EXPECT_EQ(verdicts[2].reason, Reason::kTokenMalformed);
}

}  // namespace
}  // namespace usher::verify

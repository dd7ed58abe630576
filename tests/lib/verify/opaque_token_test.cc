// Tokens that are no JWTs: their issuer is asked about them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/base/text/strings.h"
#include "tests/lib/verify/verifier_fixture.h"
#include "tests/support/scratch_directory.h"

namespace usher::verify {
namespace {

using ::testing::HasSubstr;
using testing::TestIssuer;

class OpaqueToken : public ::testing::Test {
 protected:
  OpaqueToken() : provider(world.clock) {
    Introspect(world.Add(provider)).is_default = true;
    world.Apply();
    provider_answers_from(provider);
  }

  issuer::Introspection& Introspect(issuer::Config& config) {
    auto& introspection = config.introspection.emplace();
    introspection.endpoint = config.issuer + "/introspect";
    introspection.client = {.method = oauth::ClientAuthMethod::kPost,
                            .client_id = "usher",
                            .secret_file = directory.Write("secret", "s")};
    return introspection;
  }
  static std::string TokenIn(const http::Request& request) {
    const std::string body = request.body.value_or("");
    return body.substr(6, body.find('&') - 6);
  }
  void provider_answers_from(const TestIssuer& issuer) {
    world.http.On(issuer.introspection_uri(),
                  [&](const http::Request& request) {
                    http::Response response;
                    response.status = 200;
                    response.headers = {{"content-type", "application/json"}};
                    response.body = issuer.Introspect(TokenIn(request));
                    return response;
                  });
  }
  void AnswerWith(std::string body, int status = 200,
                  std::string type = "application/json") {
    world.http.Answer(provider.introspection_uri(), std::move(body), status,
                      {{"content-type", std::move(type)}});
  }
  int asked() const { return world.http.count(provider.introspection_uri()); }

  // Asks where memory does not decide, and answers at once.
  Decision Verify(const std::string& token, const Requirements& wanted = {}) {
    auto outcome = world.Decide(token, wanted);
    if (auto* decision = std::get_if<Decision>(&outcome)) {
      return std::move(*decision);
    }
    std::optional<Decision> decided;
    std::move(std::get<Pending>(outcome))
        .Resume(world.clock.Now() + absl::Seconds(2), [&](Decision decision) {
          decided.emplace(std::move(decision));
        });
    world.http.Deliver();
    EXPECT_TRUE(decided) << "the answer decides nothing";
    return *std::move(decided);
  }
  std::optional<Reason> ReasonOf(const std::string& token,
                                 const Requirements& wanted = {}) {
    const Decision decision = Verify(token, wanted);
    if (decision.verdict.ok()) return std::nullopt;
    return decision.verdict.refusal().reason;
  }

  testing::ScratchDirectory directory;
  VerifierFixture world;
  TestIssuer provider;
};

TEST_F(OpaqueToken, IsVerifiedByWhatItsIssuerAnswers) {
  const std::string token =
      provider.MintOpaque({.claims = R"({"scope":"read write"})"});
  const Decision decision = Verify(token, {.scopes = {"read"}});
  ASSERT_TRUE(decision.verdict.ok()) << decision.verdict.refusal().message;
  EXPECT_EQ(decision.verdict->claims().subject, "alice");
  EXPECT_EQ(decision.verdict->issuer_name(), "corp");
  EXPECT_EQ(decision.verdict->algorithm(), std::nullopt);
  EXPECT_EQ(decision.verdict->key_id(), std::nullopt);
  EXPECT_EQ(decision.issuer_name, "corp");
  EXPECT_EQ(decision.source, VerdictSource::kNetwork);
}

TEST_F(OpaqueToken, IsAskedAboutOnceInThirtySeconds) {
  const std::string token = provider.MintOpaque();
  EXPECT_EQ(ReasonOf(token), std::nullopt);
  world.clock.Advance(absl::Seconds(29));
  const Decision again = Verify(token);
  EXPECT_TRUE(again.verdict.ok());
  EXPECT_EQ(again.source, VerdictSource::kCache);
  EXPECT_EQ(asked(), 1);
  world.clock.Advance(absl::Seconds(1));
  EXPECT_EQ(ReasonOf(token), std::nullopt);
  EXPECT_EQ(asked(), 2);
}

// So that nobody uses an answer for longer than thirty seconds altogether.
TEST_F(OpaqueToken, MayBeReusedForWhatIsLeftOfTheAnswersLife) {
  const std::string token = provider.MintOpaque();
  EXPECT_EQ(Verify(token).verdict->cache_for(), absl::Seconds(30));
  world.clock.Advance(absl::Seconds(20));
  EXPECT_EQ(Verify(token).verdict->cache_for(), absl::Seconds(10));
}

TEST_F(OpaqueToken, ThatWasRevokedIsInactiveAfterTheAnswersLife) {
  const std::string token = provider.MintOpaque();
  EXPECT_EQ(ReasonOf(token), std::nullopt);
  provider.Revoke(token);
  world.clock.Advance(absl::Seconds(30));
  EXPECT_EQ(ReasonOf(token), Reason::kTokenInactive);
  EXPECT_EQ(ReasonOf(token), Reason::kTokenInactive);
  EXPECT_EQ(asked(), 2);
}

TEST_F(OpaqueToken, IsJudgedAgainOnEveryUse) {
  const std::string token =
      provider.MintOpaque({.claims = R"({"scope":"read","aud":"orders"})"});
  EXPECT_EQ(ReasonOf(token), std::nullopt);
  EXPECT_EQ(ReasonOf(token, {.audiences = {"billing"}}),
            Reason::kAudienceMismatch);
  EXPECT_EQ(ReasonOf(token, {.scopes = {"admin"}}), Reason::kScopeInsufficient);
  EXPECT_EQ(ReasonOf(token, {.kind = TokenKind::kIdToken}),
            Reason::kTokenTypeNotAllowed);
  EXPECT_EQ(asked(), 1);
}

TEST_F(OpaqueToken, IsDeniedOnceItHasExpiredWhateverTheAnswerSaid) {
  world.configs[0].policy.clock_skew = absl::ZeroDuration();
  world.Apply();
  AnswerWith(base::StrCat(
      R"({"active":true,"aud":"orders","exp":)",
      std::to_string(absl::ToUnixSeconds(world.clock.Now()) - 1), "}"));
  EXPECT_EQ(ReasonOf("opaque"), Reason::kTokenExpired);
}

TEST_F(OpaqueToken, NeedsNeitherExpNorIat) {
  AnswerWith(R"({"active":true,"aud":"orders","sub":"alice"})");
  const Decision decision = Verify("opaque");
  ASSERT_TRUE(decision.verdict.ok()) << decision.verdict.refusal().message;
  EXPECT_EQ(decision.verdict->claims().expires_at, std::nullopt);
  EXPECT_EQ(decision.verdict->cache_for(), absl::Seconds(30));
}

TEST_F(OpaqueToken, ObeysTheIssuersLimitsWhereItHasTheirDates) {
  world.configs[0].policy.max_age = absl::Minutes(1);
  world.Apply();
  AnswerWith(R"({"active":true,"aud":"orders"})");
  EXPECT_EQ(ReasonOf("opaque"), Reason::kClaimMissing);
}

TEST_F(OpaqueToken, NeedsAnAudienceUnlessTheOperatorWaivesIt) {
  AnswerWith(R"({"active":true,"sub":"alice"})");
  EXPECT_EQ(ReasonOf("opaque"), Reason::kClaimMissing);
  world.configs[0].introspection->insecure_allow_missing_audience = true;
  world.Apply();
  EXPECT_EQ(ReasonOf("opaque"), std::nullopt);
  AnswerWith(R"({"active":true,"sub":"alice","aud":"billing"})");
  EXPECT_EQ(ReasonOf("other"), Reason::kAudienceMismatch);
}

TEST_F(OpaqueToken, IsCheckedByItsClaimsLikeAJwt) {
  const struct {
    const char* claims;
    Reason reason;
  } kCases[] = {
      {R"("aud":"orders","nbf":99999999999)", Reason::kTokenNotYetValid},
      {R"("aud":"orders","iss":"https://other.test")", Reason::kIssuerUnknown},
      {R"("aud":"orders","cnf":{"jkt":"x"})", Reason::kTokenBindingUnsupported},
      {R"("aud":"orders","token_type":"DPoP")",
       Reason::kTokenBindingUnsupported},
      {R"("aud":"orders","token_use":"refresh_token")",
       Reason::kTokenTypeNotAllowed},
      {R"("aud":"orders","exp":"soon")", Reason::kClaimInvalid},
      {R"("aud":"billing")", Reason::kAudienceMismatch},
  };
  for (const auto& row : kCases) {
    AnswerWith(base::StrCat(R"({"active":true,)", row.claims, "}"));
    EXPECT_EQ(ReasonOf("opaque"), row.reason) << row.claims;
    world.clock.Advance(absl::Seconds(30));
  }
}

TEST_F(OpaqueToken, IsUndecidedWhereTheAnswerSaysNothing) {
  const struct {
    const char* body;
    int status;
    const char* type;
  } kCases[] = {
      {R"({"active":"true","aud":"orders"})", 200, "application/json"},
      {"<html>sign in</html>", 200, "text/html"},
      {"", 302, "application/json"},
      {R"({"error":"invalid_client"})", 401, "application/json"},
      {R"({"active":true,"aud":"orders"})", 403, "application/json"},
      {R"({"active":true,"aud":"orders"})", 200, "text/plain"},
      {R"({"active":true,"aud":"orders"})", 503, "application/json"},
  };
  for (const auto& row : kCases) {
    AnswerWith(row.body, row.status, row.type);
    EXPECT_EQ(ReasonOf("opaque"), Reason::kIntrospectionUnavailable)
        << row.status << row.body;
  }
  EXPECT_EQ(asked(), static_cast<int>(std::size(kCases)));
}

TEST_F(OpaqueToken, IsUndecidedWhileTheIssuerIsUnreachable) {
  world.http.Fail(provider.introspection_uri(),
                  absl::UnavailableError("connection refused"));
  const Decision decision = Verify("opaque");
  EXPECT_EQ(decision.verdict.refusal().reason,
            Reason::kIntrospectionUnavailable);
  EXPECT_EQ(decision.verdict.refusal().retry_after, absl::Seconds(1));
}

TEST_F(OpaqueToken, WithoutAnIssuerToAskIsDeniedAsWhatItIs) {
  world.configs[0].introspection->is_default = false;
  world.Apply();
  const Decision decision = Verify("opaque");
  EXPECT_EQ(decision.verdict.refusal().reason, Reason::kIssuerUnknown);
  EXPECT_THAT(decision.verdict.refusal().message, HasSubstr("opaque token"));
  EXPECT_THAT(decision.verdict.refusal().message, HasSubstr("introspection"));
  EXPECT_EQ(asked(), 0);
}

TEST_F(OpaqueToken, WithACharacterThatNoTokenHasIsShownToNoIssuer) {
  EXPECT_EQ(ReasonOf("a b"), Reason::kTokenMalformed);
  EXPECT_EQ(ReasonOf(""), Reason::kTokenMalformed);
  EXPECT_EQ(ReasonOf(std::string(issuer::kMaxOpaqueToken + 1, 'a')),
            Reason::kTokenTooLarge);
  EXPECT_EQ(asked(), 0);
}

TEST_F(OpaqueToken, IsShownToTheIssuerOfItsPrefixOnly) {
  TestIssuer other(world.clock, {.issuer = "https://other.test"});
  Introspect(world.Add(other, "other")).prefix = "ory_at_";
  world.Apply();
  provider_answers_from(other);
  const std::string token = other.MintOpaque({}, "ory_at_");
  const Decision decision = Verify(token);
  ASSERT_TRUE(decision.verdict.ok()) << decision.verdict.refusal().message;
  EXPECT_EQ(decision.verdict->issuer_name(), "other");
  EXPECT_EQ(asked(), 0);
  EXPECT_EQ(ReasonOf(provider.MintOpaque()), std::nullopt);
  EXPECT_EQ(world.http.count(other.introspection_uri()), 1);
}

TEST_F(OpaqueToken, IsShownToTheIssuerThatTheRequestNames) {
  TestIssuer other(world.clock, {.issuer = "https://other.test"});
  Introspect(world.Add(other, "other"));
  world.Apply();
  provider_answers_from(other);
  EXPECT_EQ(ReasonOf(other.MintOpaque(), {.issuer = "https://other.test"}),
            std::nullopt);
  EXPECT_EQ(asked(), 0);
  EXPECT_EQ(ReasonOf("opaque", {.issuer = "https://nobody.test"}),
            Reason::kIssuerUnknown);
  EXPECT_EQ(asked(), 0);
}

TEST_F(OpaqueToken, IsNotShownToAnyIssuerBeforeTheRequestNamesAnAudience) {
  world.configs[0].audiences = {"orders", "billing"};
  world.Apply();
  EXPECT_TRUE(std::holds_alternative<AmbiguousAudience>(
      world.Decide(provider.MintOpaque())));
  EXPECT_EQ(asked(), 0);
}

TEST_F(OpaqueToken, IsAskedAboutAgainAfterTheIssuersSettingsChange) {
  const std::string token = provider.MintOpaque();
  EXPECT_EQ(ReasonOf(token), std::nullopt);
  world.configs[0].policy.rules.clients = {{"another-client"}};
  world.Apply();
  EXPECT_EQ(ReasonOf(token), Reason::kClaimRejected);
  EXPECT_EQ(asked(), 2);
}

TEST_F(OpaqueToken, IsNotKeptInTheTokenCache) {
  EXPECT_EQ(ReasonOf(provider.MintOpaque()), std::nullopt);
  EXPECT_EQ(world.engine.token_cache().counts().entries, 0u);
  EXPECT_EQ(world.engine.answer_cache().positive_counts().entries, 1u);
}

TEST_F(OpaqueToken, OfAnIssuerWithoutKeysIsVerifiedTheSame) {
  world.configs[0].keys.reset();
  world.Apply();
  EXPECT_EQ(ReasonOf(provider.MintOpaque()), std::nullopt);
  EXPECT_EQ(ReasonOf(provider.Mint()), Reason::kKeyNotFound);
}

TEST_F(OpaqueToken, IsExplainedByTheLastAnswerWithoutAsking) {
  const std::string token = provider.MintOpaque();
  const auto before = world.Explain(token);
  EXPECT_EQ(before.verdict.refusal().reason, Reason::kIntrospectionUnavailable);
  EXPECT_EQ(asked(), 0);
  Verify(token);
  const auto after = world.Explain(token);
  EXPECT_TRUE(after.verdict.ok());
  for (const Check& check : after.checks) {
    EXPECT_EQ(check.outcome, Check::Outcome::kPassed) << check.name;
  }
  EXPECT_EQ(asked(), 1);
}

TEST_F(OpaqueToken, IsUndecidedWhenTheEngineEnds) {
  std::optional<Reason> reason;
  {
    VerifierFixture short_lived;
    auto& config = short_lived.Add(provider);
    Introspect(config).is_default = true;
    short_lived.Apply();
    auto outcome = short_lived.Decide("opaque");
    std::move(std::get<Pending>(outcome))
        .Resume(absl::InfiniteFuture(), [&](Decision decision) {
          reason = decision.verdict.refusal().reason;
        });
  }
  EXPECT_EQ(reason, Reason::kIntrospectionUnavailable);
}

// Of JWTs, too, where the issuer or the request wants it.
class JwtAtItsIssuer : public OpaqueToken {
 protected:
  JwtAtItsIssuer() {
    world.configs[0].introspection->always = true;
    world.Apply();
  }
};

TEST_F(JwtAtItsIssuer, IsVerifiedWhileTheIssuerSaysThatItIsActive) {
  const std::string token = provider.Mint();
  const Decision decision = Verify(token);
  ASSERT_TRUE(decision.verdict.ok()) << decision.verdict.refusal().message;
  EXPECT_EQ(decision.verdict->algorithm(), jose::Alg::kEs256);
  EXPECT_EQ(asked(), 1);
  EXPECT_EQ(ReasonOf(token), std::nullopt);
  EXPECT_EQ(asked(), 1);
  provider.Revoke(token);
  world.clock.Advance(absl::Seconds(20));
  EXPECT_EQ(Verify(token).verdict->cache_for(), absl::Seconds(10));
  world.clock.Advance(absl::Seconds(10));
  EXPECT_EQ(ReasonOf(token), Reason::kTokenInactive);
}

TEST_F(JwtAtItsIssuer, IsNotAskedAboutBeforeItsSignatureAndClaimsHold) {
  const std::string good = provider.Mint();
  EXPECT_EQ(ReasonOf(good.substr(0, good.size() - 4) + "AAAA"),
            Reason::kSignatureInvalid);
  EXPECT_EQ(ReasonOf(provider.Mint({.claims = R"({"aud":"billing"})"})),
            Reason::kAudienceMismatch);
  EXPECT_EQ(asked(), 0);
}

TEST_F(JwtAtItsIssuer, ThatIsInactiveIsNotToldToGetMoreScope) {
  const std::string token = provider.Mint();
  provider.Revoke(token);
  EXPECT_EQ(ReasonOf(token, {.scopes = {"admin"}}), Reason::kTokenInactive);
}

TEST_F(JwtAtItsIssuer, IsDeniedWhereTheAnswerContradictsIt) {
  const struct {
    const char* claims;
    Reason reason;
  } kCases[] = {
      {R"("sub":"mallory")", Reason::kClaimInvalid},
      {R"("iss":"https://other.test")", Reason::kIssuerUnknown},
      {R"("exp":1)", Reason::kTokenExpired},
      {R"("cnf":{"jkt":"x"})", Reason::kTokenBindingUnsupported},
      {R"("scope":"write")", Reason::kScopeInsufficient},
  };
  for (const auto& row : kCases) {
    AnswerWith(base::StrCat(R"({"active":true,)", row.claims, "}"));
    const std::string token =
        provider.Mint({.claims = R"({"scope":"read write"})"});
    EXPECT_EQ(ReasonOf(token, {.scopes = {"read"}}), row.reason) << row.claims;
  }
  AnswerWith(R"({"active":true})");
  EXPECT_EQ(ReasonOf(provider.Mint()), std::nullopt);
}

TEST_F(JwtAtItsIssuer, IsUndecidedWhileTheIssuerDoesNotAnswer) {
  AnswerWith("oops", 500);
  EXPECT_EQ(ReasonOf(provider.Mint()), Reason::kIntrospectionUnavailable);
}

TEST_F(JwtAtItsIssuer, IsAskedAboutAfterItsKeyWasFetched) {
  provider.Rotate();
  world.Publish(provider);
  const std::string token = provider.Mint();
  EXPECT_EQ(ReasonOf(token), std::nullopt);
  EXPECT_EQ(asked(), 1);
}

TEST_F(OpaqueToken, AJwtIsCheckedAtItsIssuerIfTheRequestWantsIt) {
  const std::string token = provider.Mint();
  EXPECT_EQ(ReasonOf(token), std::nullopt);
  EXPECT_EQ(asked(), 0);
  provider.Revoke(token);
  EXPECT_EQ(ReasonOf(token, {.check_at_issuer = true}), Reason::kTokenInactive);
  world.configs[0].introspection.reset();
  world.Apply();
  EXPECT_EQ(ReasonOf(token, {.check_at_issuer = true}),
            Reason::kIntrospectionUnavailable);
}

}  // namespace
}  // namespace usher::verify

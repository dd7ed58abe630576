#include "lib/token/claim_checks.h"

#include <gtest/gtest.h>

namespace usher::token {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1767225600);

Claims Good() {
  Claims claims;
  claims.issuer = "https://a";
  claims.audiences = {"orders"};
  claims.scopes = {"read", "write"};
  claims.issued_at = kNow - absl::Minutes(1);
  claims.expires_at = kNow + absl::Minutes(5);
  return claims;
}

bool AcceptsAll(std::string_view) { return true; }

// The result of one row of the table.
std::optional<base::Refusal> Check(CheckId id, const Claims& claims,
                                   const ClaimContext& context) {
  for (const ClaimCheck& row : ClaimChecks()) {
    if (row.id == id) return row.check(claims, context);
  }
  ADD_FAILURE() << "no such row";
  return std::nullopt;
}

std::optional<base::Refusal> CheckTime(const Claims& claims,
                                       const Policy& policy, absl::Time now) {
  return Check(CheckId::kTime, claims,
               {.policy = policy, .now = now, .accepts_audience = AcceptsAll});
}

std::optional<base::Refusal> CheckAudience(
    const Claims& claims, const Policy& policy,
    absl::FunctionRef<bool(std::string_view)> accepts) {
  return Check(CheckId::kAudience, claims,
               {.policy = policy, .now = kNow, .accepts_audience = accepts});
}

std::optional<base::Refusal> CheckKind(const Claims& claims, TokenKind kind) {
  return Check(CheckId::kKind, claims,
               {.policy = Policy(),
                .now = kNow,
                .accepts_audience = AcceptsAll,
                .kind = kind});
}

std::optional<base::Refusal> CheckBinding(const Claims& claims,
                                          const Policy& policy) {
  return Check(CheckId::kBinding, claims,
               {.policy = policy, .now = kNow, .accepts_audience = AcceptsAll});
}

std::optional<base::Refusal> CheckScopes(const Claims& claims,
                                         std::span<const std::string> scopes,
                                         ScopeMatch match) {
  return Check(CheckId::kScope, claims,
               {.policy = Policy(),
                .now = kNow,
                .accepts_audience = AcceptsAll,
                .scopes = scopes,
                .scope_match = match});
}

std::optional<Reason> ReasonOf(const std::optional<base::Refusal>& refusal) {
  if (!refusal) return std::nullopt;
  return refusal->reason;
}

std::optional<Reason> Time(const Claims& claims, const Policy& policy = {},
                           absl::Time now = kNow) {
  return ReasonOf(CheckTime(claims, policy, now));
}

TEST(CheckTime, ATokenWithoutIatIsAcceptedOnlyWhereThatIsAllowed) {
  Claims claims = Good();
  claims.issued_at.reset();
  EXPECT_EQ(Time(claims), Reason::kClaimMissing);
  Policy policy;
  policy.insecure_allow_missing_iat = true;
  EXPECT_EQ(Time(claims, policy), std::nullopt);
  // Its lifetime is still limited, and so is its age where that is.
  claims.expires_at = kNow + policy.max_lifetime + absl::Seconds(1);
  EXPECT_EQ(Time(claims, policy), Reason::kLifetimeTooLong);
  claims.expires_at = kNow + absl::Minutes(5);
  policy.max_age = absl::Hours(1);
  EXPECT_EQ(Time(claims, policy), Reason::kClaimMissing);
}

TEST(CheckTime, PassesAGoodToken) { EXPECT_EQ(Time(Good()), std::nullopt); }

TEST(CheckTime, ExpiresAtExpPlusSkewToTheSecond) {
  Claims claims = Good();
  const absl::Time end = *claims.expires_at + absl::Seconds(60);
  EXPECT_EQ(Time(claims, {}, end - absl::Seconds(1)), std::nullopt);
  EXPECT_EQ(Time(claims, {}, end), Reason::kTokenExpired);
}

TEST(CheckTime, SaysHowLongAgoATokenExpired) {
  Claims claims = Good();
  const auto refusal =
      CheckTime(claims, {}, *claims.expires_at + absl::Seconds(72));
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->message, "expired 1m12s ago");
  EXPECT_EQ(refusal->claim, "exp");
}

TEST(CheckTime, RequiresExpAndIat) {
  Claims claims = Good();
  claims.expires_at.reset();
  EXPECT_EQ(Time(claims), Reason::kClaimMissing);
  claims = Good();
  claims.issued_at.reset();
  EXPECT_EQ(Time(claims), Reason::kClaimMissing);
}

TEST(CheckTime, RefusesATokenBeforeNbfMinusSkew) {
  Claims claims = Good();
  claims.not_before = kNow + absl::Seconds(60);
  EXPECT_EQ(Time(claims), std::nullopt);
  claims.not_before = kNow + absl::Seconds(61);
  EXPECT_EQ(Time(claims), Reason::kTokenNotYetValid);
}

TEST(CheckTime, RefusesIatInTheFutureBeyondSkew) {
  Claims claims = Good();
  claims.issued_at = kNow + absl::Seconds(60);
  EXPECT_EQ(Time(claims), std::nullopt);
  claims.issued_at = kNow + absl::Seconds(61);
  EXPECT_EQ(Time(claims), Reason::kIssuedInFuture);
}

TEST(CheckTime, RefusesDatesThatContradictEachOther) {
  Claims claims = Good();
  claims.expires_at = kNow + absl::Seconds(5);
  claims.issued_at = kNow + absl::Seconds(30);
  EXPECT_EQ(Time(claims), Reason::kClaimInvalid);
  claims = Good();
  claims.expires_at = kNow + absl::Seconds(5);
  claims.not_before = kNow + absl::Seconds(30);
  EXPECT_EQ(Time(claims), Reason::kClaimInvalid);
}

TEST(CheckTime, LimitsTheWholeLifetime) {
  Claims claims = Good();
  claims.expires_at = *claims.issued_at + absl::Hours(24);
  EXPECT_EQ(Time(claims), std::nullopt);
  claims.expires_at = *claims.issued_at + absl::Hours(24) + absl::Seconds(1);
  EXPECT_EQ(Time(claims), Reason::kLifetimeTooLong);
}

TEST(CheckTime, LimitsTheAgeWhereConfigured) {
  Policy policy;
  policy.max_age = absl::Minutes(10);
  Claims claims = Good();
  claims.issued_at = kNow - absl::Minutes(11);
  EXPECT_EQ(Time(claims, policy), std::nullopt);
  claims.issued_at = kNow - absl::Minutes(11) - absl::Seconds(1);
  EXPECT_EQ(Time(claims, policy), Reason::kTokenTooOld);
}

TEST(CheckTime, IsExactWithoutSkew) {
  Policy policy;
  policy.clock_skew = absl::ZeroDuration();
  Claims claims = Good();
  claims.expires_at = kNow;
  EXPECT_EQ(Time(claims, policy), Reason::kTokenExpired);
}

std::optional<Reason> Type(std::optional<std::string_view> typ,
                           TokenKind kind = TokenKind::kAccessToken,
                           const Policy& policy = {}) {
  return ReasonOf(CheckType(typ, kind, policy));
}

TEST(CheckType, AcceptsListedTypesWhateverTheirCaseAndPrefix) {
  for (const char* typ :
       {"at+jwt", "AT+JWT", "application/at+jwt", "JWT", "jwt"}) {
    EXPECT_EQ(Type(typ), std::nullopt) << typ;
  }
  EXPECT_EQ(Type(std::nullopt), std::nullopt);
}

TEST(CheckType, RefusesTokensOfOtherTypes) {
  for (const char* typ :
       {"logout+jwt", "secevent+jwt", "dpop+jwt", "token-introspection+jwt",
        "application/", "at+jwt ", "JOSE", "at+jw", "at+jwtx"}) {
    EXPECT_EQ(Type(typ), Reason::kTokenTypeNotAllowed) << typ;
  }
}

TEST(CheckType, CanRequireATyp) {
  Policy strict;
  strict.token_types = {"at+jwt"};
  EXPECT_EQ(Type(std::nullopt, TokenKind::kAccessToken, strict),
            Reason::kTokenTypeNotAllowed);
  EXPECT_EQ(Type("JWT", TokenKind::kAccessToken, strict),
            Reason::kTokenTypeNotAllowed);
}

TEST(CheckType, RefusesAnAccessTokenAsAnIdToken) {
  EXPECT_EQ(Type("at+jwt", TokenKind::kIdToken), Reason::kTokenTypeNotAllowed);
  EXPECT_EQ(Type("JWT", TokenKind::kIdToken), std::nullopt);
  EXPECT_EQ(Type(std::nullopt, TokenKind::kIdToken), std::nullopt);
}

TEST(CheckAudience, RequiresAnAcceptedAudience) {
  Claims claims = Good();
  claims.audiences = {"billing", "orders"};
  const auto accepts = [](std::string_view audience) {
    return audience == "orders";
  };
  EXPECT_FALSE(CheckAudience(claims, {}, accepts));
  claims.audiences = {"billing", "order", "orders/", "Orders"};
  EXPECT_EQ(ReasonOf(CheckAudience(claims, {}, accepts)),
            Reason::kAudienceMismatch);
}

TEST(CheckAudience, NamesTheMissingClaim) {
  Claims claims = Good();
  claims.audiences.clear();
  Policy policy;
  policy.audience_claim = "client_id";
  const auto refusal =
      CheckAudience(claims, policy, [](std::string_view) { return true; });
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->reason, Reason::kClaimMissing);
  EXPECT_EQ(refusal->claim, "client_id");
}

TEST(CheckKind, RefusesEachKindAsTheOther) {
  Claims claims = Good();
  claims.not_access_token = "nonce";
  const auto refusal = CheckKind(claims, TokenKind::kAccessToken);
  EXPECT_EQ(ReasonOf(refusal), Reason::kTokenTypeNotAllowed);
  EXPECT_EQ(refusal->claim, "nonce");
  EXPECT_FALSE(CheckKind(claims, TokenKind::kIdToken));
  claims.not_id_token = "token_use";
  EXPECT_EQ(ReasonOf(CheckKind(claims, TokenKind::kIdToken)),
            Reason::kTokenTypeNotAllowed);
}

TEST(CheckBinding, NeverAcceptsABoundTokenAsABearerToken) {
  Claims claims = Good();
  EXPECT_FALSE(CheckBinding(claims, {}));
  claims.confirmation = R"({"x5t#S256":"abc"})";
  EXPECT_EQ(ReasonOf(CheckBinding(claims, {})),
            Reason::kTokenBindingUnsupported);
  Policy loose;
  loose.insecure_ignore_confirmation = true;
  EXPECT_FALSE(CheckBinding(claims, loose));
}

TEST(CheckScopes, RequiresAllScopesOrAny) {
  const Claims claims = Good();
  const std::vector<std::string> both = {"read", "admin"};
  EXPECT_FALSE(CheckScopes(claims, {}, ScopeMatch::kAll));
  EXPECT_FALSE(CheckScopes(claims, both, ScopeMatch::kAny));
  const auto refusal = CheckScopes(claims, both, ScopeMatch::kAll);
  EXPECT_EQ(ReasonOf(refusal), Reason::kScopeInsufficient);
  EXPECT_EQ(refusal->message, "needs scope read and admin");
}

TEST(CheckScopes, ComparesWholeWords) {
  Claims claims = Good();
  claims.scopes = {"admin.read"};
  const std::vector<std::string> admin = {"admin"};
  EXPECT_EQ(ReasonOf(CheckScopes(claims, admin, ScopeMatch::kAny)),
            Reason::kScopeInsufficient);
}

TEST(ClaimChecks, RunInTheOrderOfTheirNames) {
  CheckId next = CheckId::kTime;
  for (const ClaimCheck& row : ClaimChecks()) {
    EXPECT_EQ(row.id, next);
    EXPECT_FALSE(row.when_passed.empty());
    next = static_cast<CheckId>(static_cast<int>(next) + 1);
  }
}

// A scope that one request lacks may not be wanted by the next.
TEST(ClaimChecks, AllButRevocationAndScopeAreWorthCheckingBeforeAFetch) {
  for (const ClaimCheck& row : ClaimChecks()) {
    EXPECT_EQ(row.before_fetch,
              row.id != CheckId::kRevocation && row.id != CheckId::kScope)
        << kCheckNames[static_cast<size_t>(row.id)];
  }
}

TEST(CheckKind, AnAccessTokenWithoutItsMarkIsRefused) {
  Policy policy;
  policy.access_token = AccessTokenMark{{"scope", "scp"}};
  Claims claims = Good();
  claims.no_access_token_mark = true;
  const auto check = [&](TokenKind kind) {
    return Check(CheckId::kKind, claims,
                 {.policy = policy,
                  .now = kNow,
                  .accepts_audience = AcceptsAll,
                  .kind = kind});
  };
  const auto refusal = check(TokenKind::kAccessToken);
  ASSERT_EQ(ReasonOf(refusal), Reason::kTokenTypeNotAllowed);
  EXPECT_NE(refusal->message.find("scope, scp"), std::string::npos);
  EXPECT_EQ(check(TokenKind::kIdToken), std::nullopt);
}

TEST(CheckRules, TellsTheRuleThatTheKindOfTokenDoesNotFulfil) {
  Claims claims = Good();
  claims.rejected[1] = std::make_shared<const base::Refusal>(
      base::Refusal{Reason::kClaimRejected, "no", "email"});
  const auto check = [&](TokenKind kind) {
    return Check(CheckId::kRules, claims,
                 {.policy = Policy(),
                  .now = kNow,
                  .accepts_audience = AcceptsAll,
                  .kind = kind});
  };
  EXPECT_EQ(check(TokenKind::kAccessToken), std::nullopt);
  EXPECT_EQ(ReasonOf(check(TokenKind::kIdToken)), Reason::kClaimRejected);
}

}  // namespace
}  // namespace usher::token

// Every Reason that a JWT can get, and their order.
#include <gtest/gtest.h>

#include "lib/base/text/strings.h"
#include "lib/json/base64url.h"
#include "tests/lib/verify/verifier_fixture.h"

namespace usher::verify {
namespace {

using testing::TestIssuer;
using testing::TokenOptions;

struct Case {
  const char* name;
  TokenOptions wish;
  Reason reason;
};

class Refusals : public ::testing::Test {
 protected:
  Refusals() : provider(world.clock) {
    world.Add(provider);
    world.Apply();
  }
  // A claim with a date so many seconds from now.
  std::string At(std::string_view claim, int64_t offset) {
    return base::StrCat("{\"", claim,
                        "\":", absl::ToUnixSeconds(world.clock.Now()) + offset,
                        "}");
  }
  VerifierFixture world;
  TestIssuer provider;
};

TEST_F(Refusals, EachHasItsReason) {
  const std::vector<Case> cases = {
      {"expired", {.claims = At("exp", -60)}, Reason::kTokenExpired},
      {"nbf", {.claims = At("nbf", 61)}, Reason::kTokenNotYetValid},
      {"iat", {.claims = At("iat", 61)}, Reason::kIssuedInFuture},
      {"lives too long",
       {.claims = At("exp", 86401)},
       Reason::kLifetimeTooLong},
      {"no exp", {.remove = {"exp"}}, Reason::kClaimMissing},
      {"no iat", {.remove = {"iat"}}, Reason::kClaimMissing},
      {"no aud", {.remove = {"aud"}}, Reason::kClaimMissing},
      {"empty aud", {.claims = R"({"aud":[]})"}, Reason::kClaimMissing},
      {"aud of objects", {.claims = R"({"aud":[{}]})"}, Reason::kClaimInvalid},
      {"exp as text",
       {.claims = R"({"exp":"9999999999"})"},
       Reason::kClaimInvalid},
      {"other aud",
       {.claims = R"({"aud":"billing"})"},
       Reason::kAudienceMismatch},
      {"aud prefix",
       {.claims = R"({"aud":"orders-admin"})"},
       Reason::kAudienceMismatch},
      {"cnf",
       {.claims = R"({"cnf":{"jkt":"x"}})"},
       Reason::kTokenBindingUnsupported},
      {"nonce", {.claims = R"({"nonce":"x"})"}, Reason::kTokenTypeNotAllowed},
      {"no iss", {.remove = {"iss"}}, Reason::kIssuerMissing},
      {"empty iss", {.claims = R"({"iss":""})"}, Reason::kIssuerMissing},
      {"numeric iss", {.claims = R"({"iss":1})"}, Reason::kIssuerMissing},
      {"iss with a slash",
       {.claims = R"({"iss":"https://issuer.test/"})"},
       Reason::kIssuerUnknown},
      {"iss in capitals",
       {.claims = R"({"iss":"https://ISSUER.test"})"},
       Reason::kIssuerUnknown},
      {"logout token", {.typ = "logout+jwt"}, Reason::kTokenTypeNotAllowed},
      {"crit",
       {.header = R"({"crit":["exp"],"exp":1})"},
       Reason::kCriticalHeaderUnsupported},
      {"b64",
       {.header = R"({"b64":false,"crit":["b64"]})"},
       Reason::kCriticalHeaderUnsupported},
      {"unlisted alg",
       {.header = R"({"alg":"PS512"})"},
       Reason::kAlgorithmNotAllowed},
      {"none", {.header = R"({"alg":"none"})"}, Reason::kAlgorithmNotAllowed},
      {"noNe", {.header = R"({"alg":"noNe"})"}, Reason::kAlgorithmNotAllowed},
      {"HS256", {.header = R"({"alg":"HS256"})"}, Reason::kAlgorithmNotAllowed},
      {"the key's other family",
       {.header = R"({"alg":"RS256"})"},
       Reason::kKeyMismatch},
      {"no alg", {.remove_header = {"alg"}}, Reason::kTokenMalformed},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(world.ReasonOf(provider.Mint(c.wish)), c.reason) << c.name;
  }
}

TEST_F(Refusals, ScopeHasItsReason) {
  EXPECT_EQ(world.ReasonOf(provider.Mint(), {.scopes = {"admin"}}),
            Reason::kScopeInsufficient);
}

TEST_F(Refusals, AgeHasItsReason) {
  world.configs[0].policy.max_age = absl::Minutes(1);
  world.Apply();
  EXPECT_EQ(world.ReasonOf(provider.Mint({.claims = At("iat", -121)})),
            Reason::kTokenTooOld);
}

TEST_F(Refusals, FormHasItsReason) {
  const std::string good = provider.Mint();
  for (const std::string& bad :
       {std::string(""), std::string(".."), std::string("eyJ.b"), good + ".x",
        good + "=", good + "\n", " " + good, good.substr(1),
        std::string("Bearer ") + good,
        std::string(16384, '.').replace(0, 3, "eyJ")}) {
    EXPECT_EQ(world.ReasonOf(bad), Reason::kTokenMalformed)
        << bad.substr(0, 20);
  }
  EXPECT_EQ(world.ReasonOf(std::string(16385, 'a')), Reason::kTokenTooLarge);
}

TEST_F(Refusals, AnUnsignedTokenIsRefusedWhateverItClaims) {
  const std::string good = provider.Mint();
  const std::string payload =
      good.substr(good.find('.'), good.rfind('.') - good.find('.') + 1);
  for (const char* header : {R"({"alg":"none"})", R"({"alg":"None"})",
                             R"({"alg":"none "})", R"({"alg":""})"}) {
    EXPECT_EQ(world.ReasonOf(json::EncodeBase64Url(header) + payload),
              Reason::kAlgorithmNotAllowed)
        << header;
  }
  EXPECT_EQ(world.ReasonOf(good.substr(0, good.rfind('.') + 1)),
            Reason::kSignatureInvalid);
}

TEST_F(Refusals, AKeyInsideTheTokenIsNeverUsed) {
  TestIssuer attacker(world.clock, {.kid = provider.kids()[0]});
  const std::string jwk = attacker.SigningKeyOf().PublicJwk({});
  const std::string token = attacker.Mint(
      {.header = base::StrCat(R"({"jwk":)", jwk,
                              R"(,"jku":"https://evil.test/jwks"})")});
  EXPECT_EQ(world.ReasonOf(token), Reason::kSignatureInvalid);
  EXPECT_EQ(world.http.count("https://evil.test/jwks"), 0);
}

TEST_F(Refusals, AnIssuerWithoutKeysVerifiesNoSignature) {
  const std::string token = provider.Mint();
  EXPECT_EQ(world.ReasonOf(token), std::nullopt);
  world.configs[0].keys.reset();
  world.Apply();
  EXPECT_EQ(world.ReasonOf(token), Reason::kKeyNotFound);
  EXPECT_EQ(world.ReasonOf(token), Reason::kKeyNotFound);
}

TEST_F(Refusals, ARequestCanNameTheIssuer) {
  const std::string token = provider.Mint();
  EXPECT_EQ(world.ReasonOf(token, {.issuer = "https://issuer.test"}),
            std::nullopt);
  EXPECT_EQ(world.ReasonOf(token, {.issuer = "https://other.test"}),
            Reason::kIssuerUnknown);
}

TEST_F(Refusals, TheFirstFaultInTheFixedOrderGivesTheReason) {
  // Each row adds a fault that comes before the others.
  std::string claims = R"({"scope":"none")";
  const auto reason = [&](const std::string& header,
                          std::optional<std::string> typ) {
    return world.ReasonOf(
        provider.Mint(
            {.claims = claims + "}", .header = header, .typ = std::move(typ)}),
        {.scopes = {"admin"}});
  };
  EXPECT_EQ(reason("{}", {}), Reason::kScopeInsufficient);
  claims += R"(,"cnf":{})";
  EXPECT_EQ(reason("{}", {}), Reason::kTokenBindingUnsupported);
  claims += R"(,"nonce":"n")";
  EXPECT_EQ(reason("{}", {}), Reason::kTokenTypeNotAllowed);
  claims += R"(,"aud":"billing")";
  EXPECT_EQ(reason("{}", {}), Reason::kAudienceMismatch);
  claims += R"(,"iat":1,"exp":2)";
  EXPECT_EQ(reason("{}", {}), Reason::kTokenExpired);
  EXPECT_EQ(reason(R"({"alg":"RS256"})", {}), Reason::kKeyMismatch);
  EXPECT_EQ(reason(R"({"alg":"HS256"})", {}), Reason::kAlgorithmNotAllowed);
  EXPECT_EQ(reason(R"({"alg":"HS256"})", "logout+jwt"),
            Reason::kTokenTypeNotAllowed);
  EXPECT_EQ(reason(R"({"alg":"HS256","crit":["x"]})", "logout+jwt"),
            Reason::kCriticalHeaderUnsupported);
}

TEST_F(Refusals, NeverQuoteWhatAnUnverifiedTokenSaid) {
  const std::string secret = "do-not-repeat-me";
  for (const TokenOptions& wish :
       std::vector<TokenOptions>{{.header = R"({"kid":"do-not-repeat-me"})"},
                                 {.header = R"({"alg":"do-not-repeat-me"})"},
                                 {.claims = R"({"iss":"do-not-repeat-me"})"},
                                 {.typ = secret}}) {
    const auto verdict = world.VerdictOf(provider.Mint(wish));
    if (!verdict) continue;
    ASSERT_FALSE(verdict->ok());
    EXPECT_EQ(verdict->refusal().message.find(secret), std::string::npos);
  }
}

}  // namespace
}  // namespace usher::verify

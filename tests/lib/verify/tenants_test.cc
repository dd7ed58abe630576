// Tokens of a multi-tenant issuer, through the whole engine.
#include <gtest/gtest.h>

#include "lib/base/text/strings.h"
#include "lib/verify/revocation_check.h"
#include "tests/lib/verify/verifier_fixture.h"

namespace usher::verify {
namespace {

using base::StrCat;
using testing::TestIssuer;

std::string IssuerOf(std::string_view tenant) {
  return StrCat("https://login.test/", tenant, "/v2.0");
}

class TenantsOfAnIssuer : public ::testing::Test {
 protected:
  // A multi-tenant issuer whose tenants follow the rule that `set` makes.
  template <typename Set>
  void Configure(Set set) {
    issuer::Config config;
    config.name = "entra";
    config.issuer = "https://login.test/{tenantid}/v2.0";
    config.audiences = {"orders"};
    set(config.tenants.emplace());
    world.configs = {config};
  }

  // A tenant that the provider has, with its own keys.
  TestIssuer& AddTenant(const std::string& name) {
    auto provider = std::make_unique<TestIssuer>(
        world.clock, TestIssuer::Options{.issuer = IssuerOf(name)});
    world.http.Answer(provider->discovery_uri(), provider->Discovery());
    world.Publish(*provider);
    return *providers.emplace_back(std::move(provider));
  }

  // The verdict after the fetch that the token causes, if it causes one.
  std::optional<Reason> ReasonAfterFetch(const std::string& token) {
    std::optional<Decision> decision;
    world.Verify(token, [&](Decision made) { decision = std::move(made); });
    world.http.Deliver();
    world.scheduler.Advance(absl::Seconds(2));
    EXPECT_TRUE(decision);
    if (!decision || decision->verdict.ok()) return std::nullopt;
    return decision->verdict.refusal().reason;
  }

  VerifierFixture world;
  std::vector<std::unique_ptr<TestIssuer>> providers;
};

TEST_F(TenantsOfAnIssuer, AnAllowedTenantsTokenIsVerifiedWithItsKeys) {
  Configure([](auto& rule) { rule.allow.emplace() = {"acme", "umbrella"}; });
  world.Apply();
  TestIssuer& acme = AddTenant("acme");
  TestIssuer& umbrella = AddTenant("umbrella");
  EXPECT_EQ(ReasonAfterFetch(acme.Mint()), std::nullopt);
  EXPECT_EQ(world.ReasonOf(acme.Mint()), std::nullopt);
  EXPECT_EQ(world.observer.verdicts.back().issuer_name, "entra");
  // One tenant cannot sign for another.
  EXPECT_EQ(ReasonAfterFetch(umbrella.Mint()), std::nullopt);
  EXPECT_EQ(ReasonAfterFetch(umbrella.Mint(
                {.claims = StrCat(R"({"iss":")", acme.issuer(), "\"}")})),
            Reason::kSignatureInvalid);
}

TEST_F(TenantsOfAnIssuer, OneIsRevokedAndNotTheOthers) {
  Configure([](auto& rule) { rule.allow.emplace() = {"acme", "umbrella"}; });
  world.Apply();
  TestIssuer& acme = AddTenant("acme");
  TestIssuer& umbrella = AddTenant("umbrella");
  const std::string of_acme = acme.Mint({.claims = R"({"sub":"ada"})"});
  const std::string of_umbrella = umbrella.Mint({.claims = R"({"sub":"ada"})"});
  EXPECT_EQ(ReasonAfterFetch(of_acme), std::nullopt);
  EXPECT_EQ(ReasonAfterFetch(of_umbrella), std::nullopt);
  world.Revoke({"entra", "acme", revocation::Kind::kSubject, "ada"},
               world.clock.Now());
  EXPECT_EQ(world.ReasonOf(of_acme), Reason::kTokenRevoked);
  EXPECT_EQ(world.ReasonOf(of_umbrella), std::nullopt);
}

TEST_F(TenantsOfAnIssuer, ARevocationNamesAnAllowedOne) {
  Configure([](auto& rule) { rule.allow.emplace() = {"acme"}; });
  world.Apply();
  const auto issuers = world.engine.issuers();
  const issuer::Issuer& entra = *issuers->FindNamed("entra");
  EXPECT_EQ(TenantError(entra, "acme"), std::nullopt);
  EXPECT_TRUE(TenantError(entra, ""));
  EXPECT_TRUE(TenantError(entra, "acme2"));
}

TEST_F(TenantsOfAnIssuer, OneOutsideTheRuleCausesNoFetch) {
  Configure([](auto& rule) { rule.allow.emplace() = {"acme"}; });
  world.Apply();
  TestIssuer& other = AddTenant("other");
  EXPECT_EQ(world.ReasonOf(other.Mint()), Reason::kIssuerUnknown);
  for (const char* tenant : {"..", "acme/..", "acme%2f..", "acme?", "ACME", "",
                             "{tenantid}", "acme@evil.test", "evil.test"}) {
    const std::string token =
        other.Mint({.claims = StrCat(R"({"iss":")", IssuerOf(tenant), "\"}")});
    EXPECT_EQ(world.ReasonOf(token), Reason::kIssuerUnknown) << tenant;
  }
  EXPECT_EQ(world.http.waiting(), 0u);
}

TEST_F(TenantsOfAnIssuer, ATokenThatWouldFailAnywayCausesNoFetch) {
  Configure(
      [](auto& rule) { rule.pattern = *pattern::Pattern::Create("[a-z]+"); });
  world.Apply();
  TestIssuer& acme = AddTenant("acme");
  EXPECT_EQ(world.ReasonOf(acme.Mint({.claims = R"({"aud":"billing"})"})),
            Reason::kKeysUnavailable);
  EXPECT_EQ(world.http.waiting(), 0u);
  EXPECT_EQ(world.Explain(acme.Mint()).verdict.refusal().reason,
            Reason::kKeysUnavailable);
  EXPECT_EQ(world.http.waiting(), 0u);
}

TEST_F(TenantsOfAnIssuer, TheTenantClaimMustAgreeWithTheIssuer) {
  TestIssuer shared(world.clock, {.issuer = IssuerOf("acme")});
  Configure([](auto& rule) {
    rule.allow.emplace() = {"acme", "umbrella"};
    rule.claim = "tid";
  });
  // All tenants have the same keys, as with Entra ID's common endpoint.
  world.configs[0].keys = jwks::JwksUrl{shared.jwks_uri()};
  world.Publish(shared);
  world.Apply();
  const auto reason = [&](std::string_view claims) {
    return world.ReasonOf(shared.Mint({.claims = std::string(claims)}));
  };
  EXPECT_EQ(reason(R"({"tid":"acme"})"), std::nullopt);
  EXPECT_EQ(reason(StrCat(R"({"tid":"umbrella","iss":")", IssuerOf("umbrella"),
                          "\"}")),
            std::nullopt);
  EXPECT_EQ(reason(R"({"tid":"umbrella"})"), Reason::kClaimRejected);
  EXPECT_EQ(reason(R"({"tid":["acme"]})"), Reason::kClaimRejected);
  EXPECT_EQ(reason("{}"), Reason::kClaimRejected);
}

TEST_F(TenantsOfAnIssuer, AKeyIsUsedForTheIssuerThatItNamesOnly) {
  TestIssuer shared(world.clock, {.issuer = IssuerOf("acme")});
  Configure([](auto& rule) { rule.allow.emplace() = {"acme", "umbrella"}; });
  world.configs[0].keys = jwks::JwksUrl{shared.jwks_uri()};
  const auto reason_with = [&](std::string_view key_issuer) {
    std::string jwks = shared.Jwks();
    const size_t at = jwks.find("\"kid\"");
    jwks.insert(at, StrCat(R"("issuer":)", key_issuer, ","));
    world.http.Answer(shared.jwks_uri(), jwks);
    world.configs[0].refresh.freshness += absl::Seconds(1);  // fetch again
    world.Apply();
    return world.ReasonOf(shared.Mint());
  };
  EXPECT_EQ(reason_with(R"("https://login.test/{tenantid}/v2.0")"),
            std::nullopt);
  EXPECT_EQ(reason_with(StrCat("\"", IssuerOf("acme"), "\"")), std::nullopt);
  EXPECT_EQ(reason_with(StrCat("\"", IssuerOf("umbrella"), "\"")),
            Reason::kKeyMismatch);
  EXPECT_EQ(reason_with(R"("https://other.test/{tenantid}/v2.0")"),
            Reason::kKeyMismatch);
}

TEST_F(TenantsOfAnIssuer, ARequestCanNameTheTenantOrTheTemplate) {
  Configure([](auto& rule) { rule.allow.emplace() = {"acme", "umbrella"}; });
  world.Apply();
  TestIssuer& acme = AddTenant("acme");
  const std::string token = acme.Mint();
  EXPECT_EQ(ReasonAfterFetch(token), std::nullopt);
  const auto reason = [&](std::string_view issuer) {
    return world.ReasonOf(token, {.issuer = std::string(issuer)});
  };
  EXPECT_EQ(reason(acme.issuer()), std::nullopt);
  EXPECT_EQ(reason("https://login.test/{tenantid}/v2.0"), std::nullopt);
  EXPECT_EQ(reason(IssuerOf("umbrella")), Reason::kIssuerUnknown);
}

TEST_F(TenantsOfAnIssuer, ACachedTokenEndsWhenItsTenantIsNoLongerAllowed) {
  Configure([](auto& rule) { rule.allow.emplace() = {"acme"}; });
  world.Apply();
  TestIssuer& acme = AddTenant("acme");
  const std::string token = acme.Mint();
  EXPECT_EQ(ReasonAfterFetch(token), std::nullopt);
  EXPECT_EQ(world.ReasonOf(token), std::nullopt);
  EXPECT_EQ(world.observer.verdicts.back().source, VerdictSource::kCache);
  Configure([](auto& rule) { rule.allow.emplace() = {"umbrella"}; });
  world.Apply();
  EXPECT_EQ(world.ReasonOf(token), Reason::kIssuerUnknown);
}

// Ten thousand tenants, and an attacker who names as many that do not exist.
TEST_F(TenantsOfAnIssuer, InventedTenantsAreBoundedInFetchesAndMemory) {
  Configure([](auto& rule) {
    rule.pattern = *pattern::Pattern::Create("tenant-[0-9]+");
    rule.most = 50;
  });
  world.Apply();
  TestIssuer& good = AddTenant("tenant-1");
  EXPECT_EQ(ReasonAfterFetch(good.Mint()), std::nullopt);
  const auto issuer = world.engine.issuers()->FindNamed("entra");
  size_t fetches = 0;
  for (int i = 0; i < 10000; ++i) {
    const std::string token = good.Mint(
        {.claims = StrCat(R"({"iss":")", IssuerOf(StrCat("tenant-", 1000 + i)),
                          "\"}")});
    auto outcome = world.Decide(token);
    if (std::holds_alternative<Pending>(outcome)) ++fetches;
    ASSERT_LE(issuer->tenants()->size(), 50u);
    // The good tenant is used all the time, so it is not pushed out.
    if (i % 10 == 0) {
      ASSERT_EQ(world.ReasonOf(good.Mint()), std::nullopt);
    }
  }
  EXPECT_LE(fetches, 100u);
  world.http.Deliver();
  world.scheduler.Advance(absl::Seconds(20));
  EXPECT_EQ(issuer->tenants()->size(), 1u);
}

TEST(Aliases, AreFurtherNamesOfTheSameIssuer) {
  VerifierFixture world;
  TestIssuer provider(world.clock);
  world.Add(provider).aliases = {"issuer.test", "urn:issuer"};
  world.Apply();
  const std::string aliased =
      provider.Mint({.claims = R"({"iss":"issuer.test"})"});
  const auto verdict = world.VerdictOf(aliased);
  ASSERT_TRUE(verdict && verdict->ok());
  EXPECT_EQ((*verdict)->claims().issuer, "issuer.test");
  for (const char* name :
       {"https://issuer.test", "issuer.test", "urn:issuer"}) {
    EXPECT_EQ(world.ReasonOf(aliased, {.issuer = name}), std::nullopt) << name;
    EXPECT_EQ(world.ReasonOf(provider.Mint(), {.issuer = name}), std::nullopt);
  }
  EXPECT_EQ(world.ReasonOf(aliased, {.issuer = "other"}),
            Reason::kIssuerUnknown);
  EXPECT_EQ(
      world.ReasonOf(provider.Mint({.claims = R"({"iss":"Issuer.test"})"})),
      Reason::kIssuerUnknown);
}

TEST(AudienceClaim, OfIdTokensIsReadAgainWhereTheTokenIsCached) {
  VerifierFixture world;
  TestIssuer provider(world.clock);
  issuer::Config& config = world.Add(provider);
  config.audiences = {"web"};
  config.policy.audience_claim = "client_id";
  config.policy.id_token_audience_claim = "aud";
  world.Apply();
  const std::string token = provider.Mint(
      {.claims = R"({"client_id":"web","aud":"other"})", .typ = "JWT"});
  EXPECT_EQ(world.ReasonOf(token), std::nullopt);
  EXPECT_EQ(world.ReasonOf(token, {.kind = TokenKind::kIdToken}),
            Reason::kAudienceMismatch);
  EXPECT_EQ(world.ReasonOf(token), std::nullopt);
}

TEST(ClaimRules, HoldForCachedTokensToo) {
  VerifierFixture world;
  TestIssuer provider(world.clock);
  issuer::Config& config = world.Add(provider);
  config.policy.id_token_rules.claims = {usher::Claim("nonce").IsPresent()};
  config.policy.rules.patterns = {
      {ClaimPath("sub"), {*pattern::Pattern::Create("ali.*")}}};
  world.Apply();
  const std::string token = provider.Mint({.typ = "JWT"});
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(world.ReasonOf(token), std::nullopt);
    EXPECT_EQ(world.ReasonOf(token, {.kind = TokenKind::kIdToken}),
              Reason::kClaimRejected);
  }
  EXPECT_EQ(world.ReasonOf(provider.Mint({.claims = R"({"sub":"bob"})"})),
            Reason::kClaimRejected);
}

}  // namespace
}  // namespace usher::verify

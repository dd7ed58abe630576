// Tokens of a multi-tenant issuer, through the whole engine.
#include <gtest/gtest.h>

#include "lib/base/strings.h"
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
    fixture.configs = {config};
  }

  // A tenant that the provider has, with its own keys.
  TestIssuer& AddTenant(const std::string& name) {
    auto provider = std::make_unique<TestIssuer>(
        fixture.clock, TestIssuer::Options{.issuer = IssuerOf(name)});
    fixture.http.Answer(provider->discovery_uri(), provider->Discovery());
    fixture.Publish(*provider);
    return *providers.emplace_back(std::move(provider));
  }

  // The verdict after the fetch that the token causes, if it causes one.
  std::optional<Reason> ReasonAfterFetch(const std::string& token) {
    std::optional<Decision> decision;
    fixture.Verify(token, [&](Decision made) { decision = std::move(made); });
    fixture.http.Deliver();
    fixture.scheduler.Advance(absl::Seconds(2));
    EXPECT_TRUE(decision);
    if (!decision || decision->verdict.ok()) return std::nullopt;
    return decision->verdict.refusal().reason;
  }

  VerifierFixture fixture;
  std::vector<std::unique_ptr<TestIssuer>> providers;
};

TEST_F(TenantsOfAnIssuer, AnAllowedTenantsTokenIsVerifiedWithItsKeys) {
  Configure([](auto& rule) { rule.allow.emplace() = {"acme", "umbrella"}; });
  fixture.Apply();
  TestIssuer& acme = AddTenant("acme");
  TestIssuer& umbrella = AddTenant("umbrella");
  EXPECT_EQ(ReasonAfterFetch(acme.Mint()), std::nullopt);
  EXPECT_EQ(fixture.ReasonOf(acme.Mint()), std::nullopt);
  EXPECT_EQ(fixture.observer.verdicts.back().issuer_name, "entra");
  // One tenant cannot sign for another.
  EXPECT_EQ(ReasonAfterFetch(umbrella.Mint()), std::nullopt);
  EXPECT_EQ(fixture.ReasonOf(umbrella.Mint(
                {.claims = StrCat(R"({"iss":")", acme.issuer(), "\"}")})),
            Reason::kSignatureInvalid);
}

TEST_F(TenantsOfAnIssuer, OneOutsideTheRuleCausesNoFetch) {
  Configure([](auto& rule) { rule.allow.emplace() = {"acme"}; });
  fixture.Apply();
  TestIssuer& other = AddTenant("other");
  EXPECT_EQ(fixture.ReasonOf(other.Mint()), Reason::kIssuerUnknown);
  for (const char* tenant :
       {"..", "acme/..", "acme%2f..", "acme?", "ACME", "", "{tenantid}",
        "acme@evil.test", "evil.test"}) {
    const std::string token = other.Mint(
        {.claims = StrCat(R"({"iss":")", IssuerOf(tenant), "\"}")});
    EXPECT_EQ(fixture.ReasonOf(token), Reason::kIssuerUnknown) << tenant;
  }
  EXPECT_EQ(fixture.http.waiting(), 0u);
}

TEST_F(TenantsOfAnIssuer, ATokenThatWouldFailAnywayCausesNoFetch) {
  Configure([](auto& rule) {
    rule.pattern = *pattern::Pattern::Create("[a-z]+");
  });
  fixture.Apply();
  TestIssuer& acme = AddTenant("acme");
  EXPECT_EQ(fixture.ReasonOf(acme.Mint({.claims = R"({"aud":"billing"})"})),
            Reason::kKeysUnavailable);
  EXPECT_EQ(fixture.http.waiting(), 0u);
  EXPECT_EQ(fixture.Explain(acme.Mint()).verdict.refusal().reason,
            Reason::kKeysUnavailable);
  EXPECT_EQ(fixture.http.waiting(), 0u);
}

TEST_F(TenantsOfAnIssuer, TheTenantClaimMustAgreeWithTheIssuer) {
  TestIssuer shared(fixture.clock, {.issuer = IssuerOf("acme")});
  Configure([](auto& rule) {
    rule.allow.emplace() = {"acme", "umbrella"};
    rule.claim = "tid";
  });
  // All tenants have the same keys, as with Entra ID's common endpoint.
  fixture.configs[0].keys = jwks::JwksUrl{shared.jwks_uri()};
  fixture.Publish(shared);
  fixture.Apply();
  const auto reason = [&](std::string_view claims) {
    return fixture.ReasonOf(shared.Mint({.claims = std::string(claims)}));
  };
  EXPECT_EQ(reason(R"({"tid":"acme"})"), std::nullopt);
  EXPECT_EQ(reason(StrCat(R"({"tid":"umbrella","iss":")", IssuerOf("umbrella"),
                          "\"}")),
            std::nullopt);
  EXPECT_EQ(reason(R"({"tid":"umbrella"})"), Reason::kClaimRejected);
  EXPECT_EQ(reason(R"({"tid":["acme"]})"), Reason::kClaimRejected);
  EXPECT_EQ(reason("{}"), Reason::kClaimRejected);
}

TEST_F(TenantsOfAnIssuer, ARequestCanNameTheTenantOrTheTemplate) {
  Configure([](auto& rule) { rule.allow.emplace() = {"acme", "umbrella"}; });
  fixture.Apply();
  TestIssuer& acme = AddTenant("acme");
  const std::string token = acme.Mint();
  EXPECT_EQ(ReasonAfterFetch(token), std::nullopt);
  const auto reason = [&](std::string_view issuer) {
    return fixture.ReasonOf(token, {.issuer = std::string(issuer)});
  };
  EXPECT_EQ(reason(acme.issuer()), std::nullopt);
  EXPECT_EQ(reason("https://login.test/{tenantid}/v2.0"), std::nullopt);
  EXPECT_EQ(reason(IssuerOf("umbrella")), Reason::kIssuerUnknown);
}

TEST_F(TenantsOfAnIssuer, ACachedTokenEndsWhenItsTenantIsNoLongerAllowed) {
  Configure([](auto& rule) { rule.allow.emplace() = {"acme"}; });
  fixture.Apply();
  TestIssuer& acme = AddTenant("acme");
  const std::string token = acme.Mint();
  EXPECT_EQ(ReasonAfterFetch(token), std::nullopt);
  EXPECT_EQ(fixture.ReasonOf(token), std::nullopt);
  EXPECT_EQ(fixture.observer.verdicts.back().source, VerdictSource::kCache);
  Configure([](auto& rule) { rule.allow.emplace() = {"umbrella"}; });
  fixture.Apply();
  EXPECT_EQ(fixture.ReasonOf(token), Reason::kIssuerUnknown);
}

// Ten thousand tenants, and an attacker who names as many that do not exist.
TEST_F(TenantsOfAnIssuer, InventedTenantsAreBoundedInFetchesAndMemory) {
  Configure([](auto& rule) {
    rule.pattern = *pattern::Pattern::Create("tenant-[0-9]+");
    rule.most = 50;
  });
  fixture.Apply();
  TestIssuer& good = AddTenant("tenant-1");
  EXPECT_EQ(ReasonAfterFetch(good.Mint()), std::nullopt);
  const auto issuer = fixture.engine.issuers()->FindNamed("entra");
  size_t fetches = 0;
  for (int i = 0; i < 10000; ++i) {
    const std::string token =
        good.Mint({.claims = StrCat(R"({"iss":")",
                                    IssuerOf(StrCat("tenant-", 1000 + i)),
                                    "\"}")});
    auto outcome = fixture.Decide(token);
    if (std::holds_alternative<Pending>(outcome)) ++fetches;
    ASSERT_LE(issuer->tenants()->size(), 50u);
    // The good tenant is used all the time, so it is not pushed out.
    if (i % 10 == 0) {
      ASSERT_EQ(fixture.ReasonOf(good.Mint()), std::nullopt);
    }
  }
  EXPECT_LE(fetches, 100u);
  fixture.http.Deliver();
  fixture.scheduler.Advance(absl::Seconds(20));
  EXPECT_EQ(issuer->tenants()->size(), 1u);
}

TEST(Aliases, AreFurtherNamesOfTheSameIssuer) {
  VerifierFixture fixture;
  TestIssuer provider(fixture.clock);
  fixture.Add(provider).aliases = {"issuer.test", "urn:issuer"};
  fixture.Apply();
  const std::string aliased =
      provider.Mint({.claims = R"({"iss":"issuer.test"})"});
  const auto verdict = fixture.VerdictOf(aliased);
  ASSERT_TRUE(verdict && verdict->ok());
  EXPECT_EQ((*verdict)->claims().issuer, "issuer.test");
  for (const char* name : {"https://issuer.test", "issuer.test", "urn:issuer"}) {
    EXPECT_EQ(fixture.ReasonOf(aliased, {.issuer = name}), std::nullopt) << name;
    EXPECT_EQ(fixture.ReasonOf(provider.Mint(), {.issuer = name}), std::nullopt);
  }
  EXPECT_EQ(fixture.ReasonOf(aliased, {.issuer = "other"}),
            Reason::kIssuerUnknown);
  EXPECT_EQ(fixture.ReasonOf(provider.Mint({.claims = R"({"iss":"Issuer.test"})"})),
            Reason::kIssuerUnknown);
}

TEST(AudienceClaim, OfIdTokensIsReadAgainWhereTheTokenIsCached) {
  VerifierFixture fixture;
  TestIssuer provider(fixture.clock);
  issuer::Config& config = fixture.Add(provider);
  config.audiences = {"web"};
  config.policy.audience_claim = "client_id";
  config.policy.id_token_audience_claim = "aud";
  fixture.Apply();
  const std::string token = provider.Mint(
      {.claims = R"({"client_id":"web","aud":"other"})", .typ = "JWT"});
  EXPECT_EQ(fixture.ReasonOf(token), std::nullopt);
  EXPECT_EQ(fixture.ReasonOf(token, {.kind = TokenKind::kIdToken}),
            Reason::kAudienceMismatch);
  EXPECT_EQ(fixture.ReasonOf(token), std::nullopt);
}

TEST(ClaimRules, HoldForCachedTokensToo) {
  VerifierFixture fixture;
  TestIssuer provider(fixture.clock);
  issuer::Config& config = fixture.Add(provider);
  config.policy.id_token_rules.claims = {usher::Claim("nonce").IsPresent()};
  config.policy.rules.patterns = {
      {ClaimPath("sub"), {*pattern::Pattern::Create("ali.*")}}};
  fixture.Apply();
  const std::string token = provider.Mint({.typ = "JWT"});
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(fixture.ReasonOf(token), std::nullopt);
    EXPECT_EQ(fixture.ReasonOf(token, {.kind = TokenKind::kIdToken}),
              Reason::kClaimRejected);
  }
  EXPECT_EQ(fixture.ReasonOf(provider.Mint({.claims = R"({"sub":"bob"})"})),
            Reason::kClaimRejected);
}

}  // namespace
}  // namespace usher::verify

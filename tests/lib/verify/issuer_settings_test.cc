// No cached token outlives a changed setting of its issuer.
#include <gtest/gtest.h>

#include <functional>

#include "tests/lib/verify/verifier_fixture.h"

namespace usher::verify {
namespace {

using testing::TestIssuer;

struct Mutation {
  const char* field;
  std::function<void(issuer::Config&)> apply;
};

token::ClaimRules SomeRules() {
  return {.claims = {usher::Claim("jti").IsPresent()}};
}

// One or more for each field. The bindings name every field of the structs, so
// a new field does not compile until it is named here; give it a row too.
std::vector<Mutation> Mutations() {
  const auto& [name, issuer, aliases, tenants, audiences, algorithms, keys,
               key_credentials, introspection, trust, refresh, policy,
               required] = issuer::Config();
  const auto& [token, certificate, key] = http::CredentialPaths();
  const auto& [ca_pem, proxy, insecure_allow_private_addresses,
               insecure_allow_http_loopback, insecure_allow_http,
               allowed_hosts] = http::FetchOptions();
  const auto& [freshness, min_freshness, max_freshness, first_retry, last_retry,
               timeout, cooldown, stale_for, unknown_kid_wait, issue_slack] =
      jwks::RefreshLimits();
  const auto& [clock_skew, max_lifetime, max_age, token_types, audience_claim,
               id_token_audience_claim, access_token, rules, access_token_rules,
               id_token_rules, insecure_allow_missing_iat,
               insecure_ignore_confirmation] = token::Policy();
  std::vector<Mutation> rows;
  const auto add = [&](const char* field, const auto&,
                       std::function<void(issuer::Config&)> apply) {
    rows.push_back({field, std::move(apply)});
  };
#define ADD(field, member, value) \
  add(#member, field, [](issuer::Config& config) { config.member = value; })
  using Texts = std::vector<std::string>;
  ADD(name, name, "renamed");
  // Another issuer altogether: its tokens are refused.
  ADD(issuer, issuer, "https://renamed.test");
  ADD(aliases, aliases, (Texts{"issuer.test"}));
  add("tenants", tenants, [](issuer::Config& config) {
    config.issuer = "https://issuer.test/{tenant}";
    config.tenants.emplace().allow.emplace() = {"acme"};
  });
  ADD(insecure_allow_http_loopback, trust.insecure_allow_http_loopback, true);
  ADD(insecure_allow_http, trust.insecure_allow_http, true);
  ADD(allowed_hosts, trust.allowed_hosts, (Texts{"issuer.test:443"}));
  ADD(id_token_audience_claim, policy.id_token_audience_claim, "aud");
  ADD(access_token, policy.access_token, (token::AccessTokenMark{{"jti"}}));
  ADD(rules, policy.rules, SomeRules());
  ADD(access_token_rules, policy.access_token_rules, SomeRules());
  ADD(id_token_rules, policy.id_token_rules, SomeRules());
  ADD(insecure_allow_missing_iat, policy.insecure_allow_missing_iat, true);
  ADD(audiences, audiences, (Texts{"orders", "billing"}));
  ADD(algorithms, algorithms, (jose::AlgSet{jose::Alg::kEs256}));
  ADD(keys, keys, jwks::JwksUrl{"https://issuer.test/more"});
  ADD(token, key_credentials.token, "/token");
  ADD(certificate, key_credentials.certificate, "/certificate");
  ADD(key, key_credentials.key, "/key");
  ADD(introspection, introspection, issuer::Introspection());
  ADD(ca_pem, trust.ca_pem, "pem");
  ADD(proxy, trust.proxy, "http://proxy.test:3128");
  ADD(insecure_allow_private_addresses, trust.insecure_allow_private_addresses,
      true);
  ADD(freshness, refresh.freshness, absl::Minutes(11));
  ADD(min_freshness, refresh.min_freshness, absl::Minutes(2));
  ADD(max_freshness, refresh.max_freshness, absl::Hours(2));
  ADD(first_retry, refresh.first_retry, absl::Seconds(2));
  ADD(last_retry, refresh.last_retry, absl::Seconds(33));
  ADD(timeout, refresh.timeout, absl::Seconds(6));
  ADD(cooldown, refresh.cooldown, absl::Seconds(31));
  ADD(stale_for, refresh.stale_for, absl::Hours(5));
  ADD(unknown_kid_wait, refresh.unknown_kid_wait, absl::Seconds(2));
  ADD(issue_slack, refresh.issue_slack, absl::Seconds(6));
  ADD(clock_skew, policy.clock_skew, absl::Seconds(61));
  ADD(max_lifetime, policy.max_lifetime, absl::Hours(25));
  ADD(max_age, policy.max_age, absl::Hours(1));
  ADD(token_types, policy.token_types, (Texts{"at+jwt"}));
  ADD(audience_claim, policy.audience_claim, "client_id");
  ADD(insecure_ignore_confirmation, policy.insecure_ignore_confirmation, true);
  ADD(required, required, false);
#undef ADD
  static_cast<void>(key_credentials);
  static_cast<void>(trust);
  static_cast<void>(refresh);
  static_cast<void>(policy);
  return rows;
}

class IssuerSettings : public ::testing::Test {
 protected:
  IssuerSettings() : provider(world.clock) {
    world.Add(provider);
    world.http.Answer("https://issuer.test/more", provider.Jwks());
    world.Apply();
    EXPECT_EQ(world.ReasonOf(token), std::nullopt);
    EXPECT_EQ(world.ReasonOf(token), std::nullopt);
    EXPECT_EQ(LastSource(), VerdictSource::kCache);
  }
  VerdictSource LastSource() { return world.observer.verdicts.back().source; }

  VerifierFixture world;
  TestIssuer provider;
  std::string token = provider.Mint();
};

class EachIssuerSetting : public IssuerSettings,
                          public ::testing::WithParamInterface<size_t> {};

TEST_P(EachIssuerSetting, EndsTheCachedTokensWhenItChanges) {
  const Mutation mutation = Mutations()[GetParam()];
  const issuer::Config before = world.configs[0];
  mutation.apply(world.configs[0]);
  ASSERT_FALSE(world.configs[0] == before) << mutation.field;
  world.Apply();
  world.Decide(token, {.audiences = {"orders"}});
  ASSERT_EQ(world.observer.verdicts.size(), 3u) << mutation.field;
  EXPECT_EQ(LastSource(), VerdictSource::kLocal) << mutation.field;
}

INSTANTIATE_TEST_SUITE_P(All, EachIssuerSetting,
                         ::testing::Range(size_t{0}, Mutations().size()));

TEST_F(IssuerSettings, AnUnchangedIssuerKeepsItsCachedTokens) {
  const auto serial = [&] {
    return world.engine.issuers()->FindNamed("corp")->serial();
  };
  const uint64_t before = serial();
  TestIssuer other(world.clock, {.issuer = "https://other.test"});
  world.Add(other, "other");
  world.Apply();
  EXPECT_EQ(serial(), before);
  EXPECT_EQ(world.ReasonOf(token), std::nullopt);
  EXPECT_EQ(LastSource(), VerdictSource::kCache);
}

// The cached token was verified by settings that are back, but not by the
// issuer that has them now.
TEST_F(IssuerSettings, ASettingThatChangesBackGivesNoCachedTokenBack) {
  const issuer::Config before = world.configs[0];
  world.configs[0].policy.max_age = absl::Hours(1);
  world.Apply();
  world.configs[0] = before;
  world.Apply();
  EXPECT_EQ(world.ReasonOf(token), std::nullopt);
  EXPECT_EQ(LastSource(), VerdictSource::kLocal);
}

}  // namespace
}  // namespace usher::verify

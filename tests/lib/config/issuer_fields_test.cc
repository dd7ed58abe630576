// The fields of an issuer.
#include <fstream>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "lib/base/text/strings.h"
#include "lib/config/config.h"
#include "lib/jose/key_set.h"
#include "tests/lib/config/authority.h"
#include "tests/lib/config/config_support.h"

namespace usher::config {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Optional;

// An issuer with more keys, which begin on line 5.
issuer::Config IssuerWith(std::string_view keys,
                          const std::string& directory = "") {
  const Config config = Good(WithIssuerKeys(keys), directory);
  return config.issuers.empty() ? issuer::Config{} : config.issuers[0];
}

std::string ErrorsWith(std::string_view keys,
                       const std::string& directory = "") {
  return ErrorsOf(WithIssuerKeys(keys), directory);
}

TEST(IssuerFields, SetTheTokenPolicy) {
  const issuer::Config issuer = IssuerWith(
      "clock_skew: 30s\nmax_lifetime: 1h30m\nmax_age: 10m\n"
      "token_types: [at+jwt, \"\"]\naudience_claim: client_id\n"
      "required: false\ninsecure_ignore_confirmation: true");
  EXPECT_EQ(issuer.policy.clock_skew, absl::Seconds(30));
  EXPECT_EQ(issuer.policy.max_lifetime, absl::Minutes(90));
  EXPECT_EQ(issuer.policy.max_age, absl::Minutes(10));
  EXPECT_THAT(issuer.policy.token_types, ElementsAre("at+jwt", ""));
  EXPECT_EQ(issuer.policy.audience_claim, "client_id");
  EXPECT_TRUE(issuer.policy.insecure_ignore_confirmation);
  EXPECT_FALSE(issuer.required);
}

TEST(IssuerFields, SetTheRefreshLimits) {
  const issuer::Config issuer = IssuerWith(
      "refresh: {freshness: 2m, min_freshness: 30s, max_freshness: 2h, "
      "first_retry: 2s, last_retry: 1m, timeout: 7s, "
      "cooldown: 5s, stale_for: 1h, unknown_kid_wait: 500ms, "
      "issue_slack: 3s}");
  jwks::RefreshLimits expected;
  expected.freshness = absl::Minutes(2);
  expected.min_freshness = absl::Seconds(30);
  expected.max_freshness = absl::Hours(2);
  expected.first_retry = absl::Seconds(2);
  expected.last_retry = absl::Minutes(1);
  expected.timeout = absl::Seconds(7);
  expected.cooldown = absl::Seconds(5);
  expected.stale_for = absl::Hours(1);
  expected.unknown_kid_wait = absl::Milliseconds(500);
  expected.issue_slack = absl::Seconds(3);
  EXPECT_EQ(issuer.refresh, expected);
}

TEST(IssuerFields, KeepTextExactlyAsWritten) {
  const Config config = Good(
      "issuers:\n- {name: no, issuer: https://login.example.com/, "
      "audiences: [yes, 017, \"a, b\"]}\n");
  EXPECT_EQ(config.issuers[0].name, "no");
  EXPECT_EQ(config.issuers[0].issuer, "https://login.example.com/");
  EXPECT_THAT(config.issuers[0].audiences, ElementsAre("yes", "017", "a, b"));
}

TEST(IssuerFields, ListAlgorithms) {
  EXPECT_EQ(IssuerWith("algorithms: [ES256, EdDSA]").algorithms,
            (jose::AlgSet{jose::Alg::kEs256, jose::Alg::kEd25519}));
  EXPECT_EQ(ErrorsWith("algorithms: [ES265]"),
            "issuers[0].algorithms[0]: unknown algorithm \"ES265\": did you "
            "mean ES256? (line 5)\n");
  for (const std::string_view name : {"none", "HS256"}) {
    EXPECT_EQ(
        ErrorsWith(base::StrCat("algorithms: [RS256, ", name, "]")),
        "issuers[0].algorithms[1]: is never accepted: anyone who can verify "
        "such a signature can also create one (line 5)\n");
  }
}

TEST(IssuerFields, ListsMustNotBeEmptyOrRepeatValues) {
  for (const std::string_view key : {"algorithms", "token_types"}) {
    EXPECT_EQ(ErrorsWith(base::StrCat(key, ": []")),
              base::StrCat("issuers[0].", key,
                           ": must not be empty; an empty list never means "
                           "\"any\" (line 5)\n"));
  }
  EXPECT_EQ(ErrorsWith("token_types: [JWT, \"\", JWT]"),
            "issuers[0].token_types[2]: listed twice (line 5)\n");
  EXPECT_EQ(ErrorsOf("issuers:\n- {name: a, issuer: https://a.example, "
                     "audiences: [orders, \"\"]}\n"),
            "issuers[0].audiences[1]: must not be empty (line 2)\n");
}

TEST(IssuerFields, PassOnTheErrorsOfTheIssuerWithTheirLines) {
  EXPECT_THAT(ErrorsWith("clock_skew: 6m"),
              HasSubstr("issuers[0].clock_skew: must be from 0s to 5m "
                        "(line 5)\n"));
  EXPECT_THAT(ErrorsWith("refresh:\n  cooldown: 0s"),
              AllOf(HasSubstr("issuers[0].refresh.cooldown: "),
                    EndsWith("(line 6)\n")));
  EXPECT_THAT(ErrorsOf("issuers:\n- name: A b\n  issuer: http://x\n"
                       "  audiences: [orders]\n"),
              AllOf(HasSubstr("issuers[0].name: "), HasSubstr("(line 2)\n"),
                    HasSubstr("issuers[0].issuer: "), HasSubstr("(line 3)\n")));
}

TEST(IssuerFields, MustDifferBetweenIssuers) {
  const std::string errors = ErrorsOf(
      WithOneIssuer("- name: corp\n  issuer: https://login.example.com\n"
                    "  audiences: [billing]\n"));
  EXPECT_THAT(errors, HasSubstr("issuers[1].name: "));
  EXPECT_THAT(errors, HasSubstr("(line 5)\n"));
  EXPECT_THAT(errors, HasSubstr("issuers[1].issuer: "));
  EXPECT_THAT(errors, HasSubstr("(line 6)\n"));
}

TEST(IssuerFields, WarnOfInsecureSettings) {
  const std::string warnings =
      WarningsOf(WithIssuerKeys("insecure_allow_private_addresses: true\n"
                                "insecure_ignore_confirmation: true"));
  EXPECT_THAT(warnings,
              HasSubstr("issuers[0].insecure_allow_private_addresses: "));
  EXPECT_THAT(warnings, HasSubstr("issuers[0].insecure_ignore_confirmation: "));
}

TEST(IssuerFields, ReadTheCaFile) {
  const Directory directory;
  const std::string_view pem =
      "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
  directory.Write("ca.pem", pem);
  directory.Write("key.pem", "-----BEGIN PRIVATE KEY-----\n");
  const std::string& path = directory.path();
  EXPECT_EQ(IssuerWith("ca_file: ca.pem", path).trust.ca_pem, pem);
  EXPECT_EQ(IssuerWith(base::StrCat("ca_file: ", path, "/ca.pem")).trust.ca_pem,
            pem);
  EXPECT_EQ(ErrorsWith("ca_file: key.pem", path),
            "issuers[0].ca_file: has no PEM block of type CERTIFICATE "
            "(line 5)\n");
  EXPECT_EQ(ErrorsWith("ca_file: none.pem", path),
            base::StrCat("issuers[0].ca_file: cannot read ", path,
                         "/none.pem: No such file or directory (line 5)\n"));
}

TEST(IssuerFields, UseAProxyOnlyIfConfigured) {
  EXPECT_EQ(IssuerWith("proxy: http://proxy:3128").trust.proxy,
            "http://proxy:3128");
  EXPECT_EQ(IssuerWith("required: true").trust.proxy, std::nullopt);
}

TEST(KeySource, IsDiscoveryByDefault) {
  EXPECT_EQ(IssuerWith("required: true").keys, jwks::Source(jwks::Discovery{}));
  EXPECT_EQ(IssuerWith("keys: {discovery: true}").keys,
            jwks::Source(jwks::Discovery{}));
  EXPECT_EQ(ErrorsWith("keys: {discovery: false}"),
            "issuers[0].keys.discovery: must be true; omit the key otherwise "
            "(line 5)\n");
}

TEST(KeySource, MustBeExactlyOne) {
  constexpr std::string_view kError =
      "issuers[0].keys: must have exactly one of discovery, discovery_url, "
      "jwks_url, jwks_file, jwks and none (line 5)\n";
  EXPECT_EQ(ErrorsWith("keys: {}"), kError);
  EXPECT_EQ(ErrorsWith("keys: {discovery: true, jwks_url: https://a.example}"),
            kError);
  EXPECT_EQ(ErrorsWith("keys: {jwks_uri: https://a.example}"),
            "issuers[0].keys: unknown key \"jwks_uri\": did you mean jwks_url? "
            "(line 5)\n");
}

TEST(KeySource, CanBeNoneForAnIssuerWithIntrospection) {
  const Directory directory;
  directory.Write("secret", "s");
  EXPECT_EQ(IssuerWith("keys: {none: true}\nintrospection: {client_id: usher, "
                       "secret_file: secret}",
                       directory.path())
                .keys,
            std::nullopt);
  EXPECT_THAT(ErrorsWith("keys: {none: true}"),
              HasSubstr("or the issuer must have introspection"));
  EXPECT_THAT(ErrorsWith("keys: {none: false}"),
              HasSubstr("issuers[0].keys.none: must be true"));
  EXPECT_THAT(
      ErrorsWith("keys: {none: true}\nintrospection: {client_id: usher, "
                 "secret_file: secret, always: true}",
                 directory.path()),
      HasSubstr("issuers[0].introspection.always"));
}

class Introspection : public ::testing::Test {
 protected:
  Introspection() {
    directory_.Write("secret", "x");
    directory_.Write("empty", "\n");
    directory_.Write("key.pem", "x");
    static const testing::Certificate& pair =
        *new testing::Certificate(TheAuthority().Issue());
    directory_.Write("pair.crt", pair.chain);
    directory_.Write("pair.key", pair.private_key);
  }
  std::string Errors(std::string_view fields) {
    return ErrorsWith(
        base::StrCat("introspection: {client_id: usher, ", fields, "}"),
        directory_.path());
  }
  Directory directory_;
};

TEST_F(Introspection, HasEveryKey) {
  directory_.WriteFilesOfFullExample();
  const auto config =
      IssuerWith(
          "introspection: {endpoint: https://a.example/introspect, auth: "
          "private_key_jwt, client_id: usher, key_file: zitadel-key.pem, "
          "key_algorithm: RS256, key_id: k1, assertion_audience: "
          "https://a.example/token, timeout: 500ms, max_in_flight: 8, "
          "prefix: ory_at_, default: true, always: true, "
          "insecure_allow_missing_audience: true}",
          directory_.path())
          .introspection;
  ASSERT_TRUE(config);
  EXPECT_EQ(config->endpoint, "https://a.example/introspect");
  EXPECT_EQ(config->client.method, oauth::ClientAuthMethod::kPrivateKeyJwt);
  EXPECT_EQ(config->client.client_id, "usher");
  EXPECT_EQ(config->client.key_file, directory_.path() + "/zitadel-key.pem");
  EXPECT_EQ(config->client.algorithm, jose::Alg::kRs256);
  EXPECT_EQ(config->client.key_id, "k1");
  EXPECT_EQ(config->client.audience, "https://a.example/token");
  EXPECT_EQ(config->timeout, absl::Milliseconds(500));
  EXPECT_EQ(config->slots.in_flight, 8u);
  EXPECT_EQ(config->prefix, "ory_at_");
  EXPECT_TRUE(config->is_default);
  EXPECT_TRUE(config->always);
  EXPECT_TRUE(config->insecure_allow_missing_audience);
}

TEST_F(Introspection, NeedsTheFilesOfItsMethodAndNoOthers) {
  EXPECT_EQ(Errors("secret_file: secret"), "");
  EXPECT_EQ(Errors("auth: post, secret_file: secret"), "");
  EXPECT_EQ(Errors("auth: private_key_jwt, key_file: pair.key"), "");
  EXPECT_THAT(Errors("auth: private_key_jwt, key_file: pair.key, "
                     "key_algorithm: RS256"),
              HasSubstr("issuers[0].introspection.key_file: "));
  EXPECT_THAT(Errors("auth: private_key_jwt, key_file: key.pem"),
              HasSubstr("issuers[0].introspection.key_file: "));
  EXPECT_THAT(Errors("secret_file: empty"),
              HasSubstr("issuers[0].introspection.secret_file: "));
  EXPECT_EQ(
      Errors("auth: mtls, key_file: pair.key, certificate_file: pair.crt"), "");
  EXPECT_THAT(
      Errors("auth: mtls, key_file: key.pem, certificate_file: pair.crt"),
      HasSubstr("issuers[0].introspection.key_file: "));
  EXPECT_THAT(Errors("auth: basic"),
              HasSubstr("introspection.secret_file: is required with auth: "
                        "basic"));
  EXPECT_THAT(Errors("auth: mtls, key_file: key.pem"),
              HasSubstr("introspection.certificate_file: is required"));
  EXPECT_THAT(Errors("auth: private_key_jwt, key_file: key.pem, secret_file: "
                     "secret"),
              HasSubstr("introspection.secret_file: is not used with auth: "
                        "private_key_jwt"));
  EXPECT_THAT(Errors("secret_file: absent"),
              HasSubstr("absent: No such file or directory"));
}

TEST_F(Introspection, RefusesValuesThatCannotWork) {
  const auto error = [&](std::string_view field) {
    return Errors(base::StrCat("secret_file: secret, ", field));
  };
  EXPECT_THAT(error("auth: digest"), HasSubstr("unknown method \"digest\""));
  EXPECT_THAT(error("endpoint: 'http://a.example/i'"),
              HasSubstr("introspection.endpoint: "));
  EXPECT_THAT(error("timeout: 3s"), HasSubstr("must be from 100ms to 2s"));
  EXPECT_THAT(error("max_in_flight: 0"), HasSubstr("max_in_flight"));
  EXPECT_THAT(error("prefix: eyJ"), HasSubstr("introspection.prefix: "));
  EXPECT_THAT(error("key_algorithm: HS256"), HasSubstr("unknown algorithm"));
}

TEST(OpaqueTokensOfTwoIssuers, CannotBelongToBoth) {
  const Directory directory;
  directory.Write("secret", "s");
  const auto errors = [&](std::string_view one, std::string_view other) {
    const auto issuer = [](std::string_view name, std::string_view more) {
      return base::StrCat("- name: ", name, "\n  issuer: https://", name,
                          ".example\n  audiences: [orders]\n  introspection: "
                          "{client_id: usher, secret_file: secret, ",
                          more, "}\n");
    };
    return ErrorsOf(
        base::StrCat("issuers:\n", issuer("a", one), issuer("b", other)),
        directory.path());
  };
  EXPECT_EQ(errors("prefix: ory_at_", "prefix: ory_ac_"), "");
  EXPECT_EQ(errors("prefix: ory_at_", "default: true"), "");
  EXPECT_THAT(errors("prefix: ory_", "prefix: ory_at_"),
              HasSubstr("issuers[1].introspection.prefix: overlaps with that "
                        "of issuers[0]"));
  EXPECT_THAT(errors("prefix: ory_at_", "prefix: ory_"),
              HasSubstr("introspection.prefix: overlaps"));
  EXPECT_THAT(errors("prefix: x", "prefix: x"), HasSubstr("overlaps"));
  EXPECT_THAT(errors("default: true", "default: true"),
              HasSubstr("issuers[1].introspection.default: issuers[0] is the "
                        "default already"));
}

TEST(KeySource, CanBeAUrl) {
  EXPECT_EQ(IssuerWith("keys: {jwks_url: https://a.example/jwks}").keys,
            jwks::Source(jwks::JwksUrl{"https://a.example/jwks"}));
  EXPECT_THAT(ErrorsWith("keys: {jwks_url: http://a.example/jwks}"),
              HasSubstr("issuers[0].keys.jwks_url: "));
}

TEST(KeySource, LimitsTheHostsThatMetadataMayName) {
  EXPECT_EQ(IssuerWith("keys: {discovery: true}").trust.allowed_hosts,
            std::nullopt);
  const issuer::Config issuer = IssuerWith(
      "keys: {discovery: true, allowed_hosts: [keys.example.com, "
      "\"[2001:db8::1]:8443\"]}");
  EXPECT_THAT(issuer.trust.allowed_hosts,
              Optional(ElementsAre("keys.example.com", "[2001:db8::1]:8443")));
  EXPECT_THAT(ErrorsWith("keys: {discovery: true, allowed_hosts: []}"),
              HasSubstr("issuers[0].keys.allowed_hosts: must not be empty"));
  EXPECT_EQ(
      ErrorsWith("keys:\n  discovery: true\n"
                 "  allowed_hosts: [keys.example.com, https://a.example]"),
      "issuers[0].keys.allowed_hosts[1]: must be HOST or HOST:PORT, without "
      "https:// and path (line 7)\n");
  EXPECT_THAT(ErrorsWith("keys: {jwks_url: https://a.example/jwks, "
                         "allowed_hosts: [keys.example.com]}"),
              HasSubstr("issuers[0].keys.allowed_hosts: is only for "
                        "discovery"));
}

// The bindings name every field of the structs, so a new field does not compile
// until it is named here; give it a row too.
TEST(IssuerFields, ReachEveryOptionOfFetching) {
  const Directory directory;
  const testing::Certificate shown = TheAuthority().Issue();
  directory.Write("ca.pem", shown.chain);
  directory.Write("token", shown.private_key);
  const issuer::Config issuer = IssuerWith(
      "ca_file: ca.pem\nproxy: http://proxy:3128\n"
      "insecure_allow_private_addresses: true\n"
      "insecure_allow_http_loopback: true\ninsecure_allow_http: true\n"
      "keys:\n  discovery: true\n  allowed_hosts: [keys.example.com]\n"
      "  token_file: token\n  client_certificate: ca.pem\n"
      "  client_key: token",
      directory.path());
  const auto& [ca_pem, proxy, insecure_allow_private_addresses,
               insecure_allow_http_loopback, insecure_allow_http,
               allowed_hosts] = issuer.trust;
  const auto& [token, certificate, key] = issuer.key_credentials;
  EXPECT_TRUE(ca_pem);
  EXPECT_TRUE(proxy);
  EXPECT_TRUE(insecure_allow_private_addresses);
  EXPECT_TRUE(insecure_allow_http_loopback);
  EXPECT_TRUE(insecure_allow_http);
  EXPECT_TRUE(allowed_hosts);
  EXPECT_TRUE(token);
  EXPECT_TRUE(certificate);
  EXPECT_TRUE(key);
}

TEST(KeySource, CanBeAFile) {
  const Directory directory;
  const std::string path = directory.Write("keys.json", kJwks);
  EXPECT_EQ(IssuerWith("keys: {jwks_file: keys.json}", directory.path()).keys,
            jwks::Source(jwks::JwksFile{path}));
  directory.Write("keys.json", "{\"keys\":[]}");
  EXPECT_THAT(ErrorsWith("keys: {jwks_file: keys.json}", directory.path()),
              HasSubstr("issuers[0].keys.jwks_file: "));
  EXPECT_THAT(ErrorsWith("keys: {jwks_file: none.json}", directory.path()),
              HasSubstr("none.json: No such file or directory"));
}

TEST(KeySource, CanBeInline) {
  const issuer::Config as_yaml = IssuerWith(
      "keys:\n  jwks:\n    keys:\n"
      "    - kty: EC\n      crv: P-256\n      kid: 2024\n"
      "      key_ops: [verify]\n"
      "      x: f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\n"
      "      y: x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\n");
  const auto* inline_keys = std::get_if<jwks::InlineKeys>(&*as_yaml.keys);
  ASSERT_NE(inline_keys, nullptr);
  const auto keys = jose::KeySet::FromJwks(inline_keys->jwks);
  ASSERT_TRUE(keys.ok()) << inline_keys->jwks;
  EXPECT_EQ(keys->keys().size(), 1u);
  EXPECT_THAT(inline_keys->jwks, HasSubstr("\"kid\":\"2024\""));

  EXPECT_EQ(IssuerWith(base::StrCat("keys: {jwks: '", kJwks, "'}")).keys,
            jwks::Source(jwks::InlineKeys{std::string(kJwks)}));
  // JSON is YAML.
  EXPECT_EQ(IssuerWith(base::StrCat("keys: {jwks: ", kJwks, "}")).keys,
            jwks::Source(jwks::InlineKeys{std::string(kJwks)}));
}

TEST(KeySource, InlineMustHaveAUsableKey) {
  EXPECT_THAT(
      ErrorsWith("keys: {jwks: {keys: []}}"),
      AllOf(HasSubstr("issuers[0].keys.jwks: "), EndsWith("(line 5)\n")));
  EXPECT_THAT(ErrorsWith("keys: {jwks: \"not json\"}"),
              HasSubstr("issuers[0].keys.jwks: "));
  EXPECT_THAT(ErrorsWith("keys: {jwks: {keys: [{kty: EC, kty: RSA}]}}"),
              HasSubstr("issuers[0].keys.jwks: "));
  EXPECT_EQ(ErrorsWith("keys: {jwks: [a]}"),
            "issuers[0].keys.jwks: must be a mapping (key: value) (line 5)\n");
}

TEST(KeySource, WarnsOfUnusableKeys) {
  std::string two(kJwks);
  two.insert(two.size() - 2, R"(,{"kty":"oct","k":"AAAA"})");
  EXPECT_THAT(
      WarningsOf(WithIssuerKeys(base::StrCat("keys: {jwks: '", two, "'}"))),
      HasSubstr("issuers[0].keys.jwks: ignored: keys[1]"));
}

TEST(IssuerFields, SetTheRulesOnClaims) {
  const issuer::Config issuer = IssuerWith(
      "claims: {tenant: acme, sub: {matches: 'job-[0-9]+'}, "
      "realm_access.roles: {contains: [a, b]}, jti: {present: true}}\n"
      "clients: [web]\n"
      "access_token: {has_any: [scope, scp], claims: {x: {one_of: [1, 2]}}}\n"
      "id_token: {audience_claim: azp, claims: {email_verified: true}}\n"
      "insecure_allow_missing_iat: true");
  const token::Policy& policy = issuer.policy;
  EXPECT_THAT(policy.rules.claims,
              ElementsAre(usher::Claim("tenant").Is("acme"),
                          usher::Claim({"realm_access", "roles"}).Contains("a"),
                          usher::Claim({"realm_access", "roles"}).Contains("b"),
                          usher::Claim("jti").IsPresent()));
  ASSERT_EQ(policy.rules.patterns.size(), 1u);
  EXPECT_TRUE(policy.rules.patterns[0].patterns[0].Matches("job-17"));
  EXPECT_EQ(policy.rules.clients, std::vector<std::string>{"web"});
  ASSERT_TRUE(policy.access_token);
  EXPECT_THAT(policy.access_token->has_any, ElementsAre("scope", "scp"));
  EXPECT_THAT(policy.access_token_rules.claims,
              ElementsAre(usher::Claim("x").IsOneOf({1, 2})));
  EXPECT_EQ(policy.id_token_audience_claim, "azp");
  EXPECT_THAT(policy.id_token_rules.claims,
              ElementsAre(usher::Claim("email_verified").Is(true)));
  EXPECT_TRUE(policy.insecure_allow_missing_iat);
}

TEST(IssuerFields, KnowTheMarksOfProvidersByName) {
  EXPECT_THAT(
      IssuerWith("access_token: {preset: okta}").policy.access_token->has_any,
      ElementsAre("scp", "cid"));
  EXPECT_THAT(
      IssuerWith("access_token: {preset: any}").policy.access_token->has_any,
      ::testing::IsEmpty());
  EXPECT_THAT(ErrorsWith("access_token: {preset: oktaa}"),
              HasSubstr("did you mean okta?"));
  EXPECT_THAT(ErrorsWith("access_token: {preset: any, has_any: [scope]}"),
              HasSubstr("must not be combined"));
  EXPECT_THAT(ErrorsWith("access_token: {has_any: []}"),
              HasSubstr("must not be empty"));
}

TEST(IssuerFields, NameAnInvalidRuleWithItsPathAndLine) {
  EXPECT_THAT(
      ErrorsWith("claims: {sub: {matches: 'a('}}"),
      HasSubstr("issuers[0].claims.sub.matches: is not a valid pattern"));
  EXPECT_THAT(ErrorsWith("claims: {sub: {matches: ['a', 'b(']}}"),
              HasSubstr("issuers[0].claims.sub.matches[1]: is not a valid"));
  EXPECT_THAT(ErrorsWith("claims: {}"), HasSubstr("must not be empty"));
  EXPECT_THAT(ErrorsWith("claims: {sub: {matchs: a}}"),
              HasSubstr("did you mean matches?"));
  EXPECT_THAT(ErrorsWith("clients: []"), HasSubstr("must not be empty"));
  EXPECT_THAT(ErrorsWith("tenants: {allow: [a/b]}"),
              HasSubstr("issuers[0].tenants.allow[0]: must be 1 to 64"));
  EXPECT_THAT(ErrorsWith("tenants: {pattern: '('}"),
              HasSubstr("issuers[0].tenants.pattern: is not a valid"));
}

}  // namespace
}  // namespace usher::config

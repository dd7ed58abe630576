#include <array>

#include "lib/config/fields.h"
#include "lib/config/introspection_fields.h"
#include "lib/config/issuer_rule_codecs.h"
#include "lib/config/key_source_fields.h"
#include "lib/config/service_codecs.h"
#include "lib/yaml/field_kinds.h"

namespace usher::config {
namespace {

using issuer::Config;
using issuer::TenantRule;
using jwks::RefreshLimits;
using token::Policy;
using yaml::AppliedOn;
using yaml::Bool;
using yaml::Changes;
using yaml::Duration;
using yaml::Field;
using yaml::FieldDoc;
using yaml::OptionalSection;
using yaml::Presence;
using yaml::Section;
using yaml::SimpleField;
using yaml::Text;
using yaml::TextList;
using yaml::Value;

// A duration of the refresh limits. lib/issuer checks its bounds.
template <auto kLimit>
constexpr Field<Config> Limit(std::string_view name,
                              std::string_view description) {
  return SimpleField<Config, Duration, &Config::refresh, kLimit>(name,
                                                                 description);
}

constexpr auto kRefresh = std::to_array<Field<Config>>({
    Limit<&RefreshLimits::freshness>(
        "freshness",
        "How long a key set is fresh if the provider gives no lifetime: no "
        "`Cache-Control: max-age`, or one with `no-cache` or `no-store`, which "
        "many providers send with every answer. It is fetched again before "
        "that, in the background. 1s to 24h."),
    Limit<&RefreshLimits::min_freshness>(
        "min_freshness",
        "A shorter `max-age` is raised to this value. 1s to 24h."),
    Limit<&RefreshLimits::max_freshness>(
        "max_freshness",
        "A longer `max-age` is lowered to this value. 1s to 24h."),
    Limit<&RefreshLimits::first_retry>(
        "first_retry",
        "The time after a failed fetch until the next one. It doubles with "
        "each failure, up to `last_retry`; a provider's `Retry-After` can make "
        "it longer, up to 60s. 100ms to 1m."),
    Limit<&RefreshLimits::last_retry>(
        "last_retry",
        "The longest time between two fetches while they fail. 100ms to 10m."),
    Limit<&RefreshLimits::timeout>(
        "timeout",
        "The longest time for one request to the provider, from the look-up of "
        "its name to the last byte. If the name has several addresses and one "
        "does not answer, the next is tried after 250ms. 100ms to 1m."),
    Limit<&RefreshLimits::cooldown>(
        "cooldown",
        "Tokens may cause three fetches at once, then one in each cooldown, "
        "whatever they say: tokens with an unknown key ID, and those newer "
        "than the last fetch that no key verifies. Meanwhile such a newer "
        "token is undecided; any other is denied. 1s to 10m."),
    Limit<&RefreshLimits::stale_for>(
        "stale_for",
        "How long keys are used after they are no longer fresh, if the "
        "provider cannot be reached. After that, its tokens are undecided. "
        "This is also how long a withdrawn key remains valid if an attacker "
        "blocks the connection to the provider. 0s to 168h."),
    Limit<&RefreshLimits::unknown_kid_wait>(
        "unknown_kid_wait",
        "The longest time a request waits for a fetch that its unknown key ID "
        "caused; in `usherd` never more than 2s. 0s to 10s."),
    Limit<&RefreshLimits::issue_slack>(
        "issue_slack",
        "A token counts as newer than the last fetch if its `iat` is at most "
        "this long before it: `iat` has whole seconds, and the provider's "
        "clock differs from this one. 0s to 5m."),
});

constexpr Field<Config> KeysField(std::string_view name,
                                  std::string_view description) {
  return {
      name,
      Presence::kOptional,
      description,
      [](const Value& value, Config& out) {
        KeySource read = ReadKeySource(value);
        out.keys.reset();
        if (!read.none) out.keys = std::move(read.source);
        out.key_credentials = std::move(read.credentials);
        out.trust.allowed_hosts = std::move(read.allowed_hosts);
      },
      [](const Field<Config>& field, const std::string& path, const Config&,
         std::vector<FieldDoc>& docs) {
        docs.push_back({path, "mapping with one source", "{discovery: true}",
                        false, field.description, field.applied_on});
        DescribeKeySource(path, docs);
      },
      [](const Field<Config>& field, const std::string& path,
         std::optional<AppliedOn> inherited, const Config& before,
         const Config& after, Changes& changes) {
        if (before.keys == after.keys &&
            before.key_credentials == after.key_credentials &&
            before.trust.allowed_hosts == after.trust.allowed_hosts) {
          return;
        }
        changes.Add(inherited.value_or(field.applied_on), &Changes::changed,
                    path);
      },
      [](const Field<Config>& field, const Config& running, Config& next) {
        if (field.applied_on != AppliedOn::kRestart) return;
        next.keys = running.keys;
        next.key_credentials = running.key_credentials;
        next.trust.allowed_hosts = running.trust.allowed_hosts;
      }};
}

constexpr auto kTenants = std::to_array<Field<TenantRule>>({
    SimpleField<TenantRule, TenantList, &TenantRule::allow>(
        "allow", "The tenants whose tokens are accepted."),
    SimpleField<TenantRule, PatternText, &TenantRule::pattern>(
        "pattern",
        "Instead of `allow`: what the name of a tenant must match as a whole. "
        "Everyone who can become a tenant of that name at the provider is "
        "accepted."),
    SimpleField<TenantRule, Text, &TenantRule::claim>(
        "claim",
        "The claim that names the tenant too (`tid` for Entra ID). A token "
        "must have it, with the tenant of its `iss`."),
    SimpleField<TenantRule, yaml::CountBetween<1, 1'000'000>,
                &TenantRule::most>(
        "most",
        "The most tenants whose keys are in memory, if each tenant has its own "
        "(`discovery`). The one used longest ago makes room."),
});

constexpr auto kAccessToken = std::to_array<Field<Config>>({
    SimpleField<Config, AccessTokenClaims, &Config::policy,
                &Policy::access_token>(
        "has_any",
        "Claims of which an access token of this provider has at least one, "
        "and an ID token none. Absent, and without `preset`: a token is an "
        "access token unless a claim such as `nonce` shows that it is not."),
    SimpleField<Config, AccessTokenPresetName, &Config::policy,
                &Policy::access_token>(
        "preset",
        "The same by the name of a provider. `any` accepts every token that "
        "no claim shows to be another kind (Kubernetes, SPIFFE)."),
    SimpleField<Config, ClaimRulesCodec, &Config::policy,
                &Policy::access_token_rules>(
        "claims", "Conditions on the claims of access tokens only."),
});

constexpr auto kIdToken = std::to_array<Field<Config>>({
    SimpleField<Config, Text, &Config::policy,
                &Policy::id_token_audience_claim>(
        "audience_claim",
        "The claim that contains the audiences of ID tokens. Absent: the "
        "issuer's `audience_claim`."),
    SimpleField<Config, ClaimRulesCodec, &Config::policy,
                &Policy::id_token_rules>(
        "claims", "Conditions on the claims of ID tokens only."),
});

constexpr auto kIssuer = std::to_array<Field<Config>>({
    SimpleField<Config, Text, &Config::name>(
        "name",
        "The name of the issuer in logs, metrics and answers: a to z, 0 to 9, "
        "_ and -, at most 63 characters.",
        Presence::kRequired),
    SimpleField<Config, Text, &Config::issuer>(
        "issuer",
        "The `iss` claim of its tokens, byte for byte: a trailing slash "
        "matters. A URL if the keys are found by discovery, otherwise any "
        "text. With `tenants` it has a placeholder as one segment of its path: "
        "`https://login.example.com/{tenant}/v2.0`.",
        Presence::kRequired),
    SimpleField<Config, TextList, &Config::aliases>(
        "issuer_aliases",
        "Further texts that its tokens may have as `iss`, byte for byte. "
        "Answers contain the text of the token."),
    OptionalSection<Config, TenantRule, kTenants, &Config::tenants>(
        "tenants",
        "The tenants of a multi-tenant provider. Metrics and logs have the "
        "name of this element for all of them."),
    SimpleField<Config, TextList, &Config::audiences>(
        "audiences",
        "The audiences that its tokens may have. A token must have at least "
        "one of them.",
        Presence::kRequired),
    SimpleField<Config, AlgorithmList, &Config::algorithms>(
        "algorithms",
        "The accepted signature algorithms. EdDSA means Ed25519. `none` and "
        "the HMAC algorithms (HS256 and others) are never accepted."),
    KeysField("keys",
              "The source of its public keys: one of the following, and how to "
              "sign in "
              "where it asks for that."),
    OptionalSection<Config, issuer::Introspection, kIntrospectionFields,
                    &Config::introspection>(
        "introspection",
        "The issuer is asked about tokens that only it understands (opaque "
        "tokens), and about JWTs where `always` or the request says so. See "
        "introspection.md."),
    SimpleField<Config, CaFile, &Config::trust, &http::FetchOptions::ca_pem>(
        "ca_file",
        "PEM file with the only CA certificates that are trusted for the "
        "provider's TLS certificate. Absent: those of the system."),
    SimpleField<Config, Text, &Config::trust, &http::FetchOptions::proxy>(
        "proxy",
        "HTTP proxy for requests to the provider, such as "
        "`http://proxy:3128`. Environment variables for proxies are ignored."),
    SimpleField<Config, Duration, &Config::policy, &Policy::clock_skew>(
        "clock_skew",
        "The largest difference between the clocks of the provider and of this "
        "machine; every time in a token is checked with this tolerance. 0s to "
        "5m."),
    SimpleField<Config, Duration, &Config::policy, &Policy::max_lifetime>(
        "max_lifetime",
        "The longest accepted `exp` - `iat`. Tokens must have both claims, but "
        "see `insecure_allow_missing_iat`."),
    SimpleField<Config, Duration, &Config::policy, &Policy::max_age>(
        "max_age",
        "If set: the longest accepted time since `iat`, even if the token has "
        "not expired."),
    SimpleField<Config, TokenTypeList, &Config::policy, &Policy::token_types>(
        "token_types",
        "The accepted values of the `typ` header, in any case, with or without "
        "`application/`. \"\" means that the header may be absent."),
    SimpleField<Config, Text, &Config::policy, &Policy::audience_claim>(
        "audience_claim",
        "The claim that contains the audiences: `client_id` for providers "
        "whose access tokens have no `aud` (Amazon Cognito)."),
    SimpleField<Config, ClaimRulesCodec, &Config::policy, &Policy::rules>(
        "claims",
        "Conditions on the claims of every token, by the names of the claims. "
        "All must hold. A dot leads into an object (`realm_access.roles`); a "
        "dot in a name is written `\\.`."),
    SimpleField<Config, OptionalTextList, &Config::policy, &Policy::rules,
                &token::ClaimRules::clients>(
        "clients",
        "The clients whose tokens are accepted: the token's `client_id`, else "
        "`azp`, `appid` or `cid`. Absent: all clients."),
    Section<Config, kAccessToken>("access_token"),
    Section<Config, kIdToken>("id_token"),
    SimpleField<Config, Bool, &Config::required>(
        "required",
        "Whether `/readyz` fails until the keys of this issuer are loaded."),
    Section<Config, kRefresh>("refresh"),
    SimpleField<Config, Bool, &Config::trust,
                &http::FetchOptions::insecure_allow_private_addresses>(
        "insecure_allow_private_addresses",
        "Allows requests to a provider at a loopback, private, link-local or "
        "other special address. Without it, an attacker who controls the "
        "provider's DNS name cannot make Usher send requests into your "
        "network."),
    SimpleField<Config, Bool, &Config::trust,
                &http::FetchOptions::insecure_allow_http_loopback>(
        "insecure_allow_http_loopback",
        "Allows `http://` URLs of this machine (`localhost`, 127.0.0.0/8, "
        "`::1`) for development: any program here could answer in place of the "
        "provider."),
    SimpleField<Config, Bool, &Config::trust,
                &http::FetchOptions::insecure_allow_http>(
        "insecure_allow_http",
        "Allows `http://` URLs of any host, for a network that protects the "
        "connection in another way (a mesh with sidecars). An attacker who can "
        "change "
        "that traffic can have any token accepted. A private address needs "
        "`insecure_allow_private_addresses` too."),
    SimpleField<Config, Bool, &Config::policy,
                &Policy::insecure_allow_missing_iat>(
        "insecure_allow_missing_iat",
        "Accepts tokens without `iat`, if the provider sends none. Then `exp` "
        "may be at most `max_lifetime` from now: a token that is valid for "
        "years is accepted in its last hours."),
    SimpleField<Config, Bool, &Config::policy,
                &Policy::insecure_ignore_confirmation>(
        "insecure_ignore_confirmation",
        "Accepts tokens that are bound to a key or certificate (`cnf`) without "
        "checking the binding. A stolen token can then be used, although the "
        "provider meant to prevent that."),
});

}  // namespace

std::span<const Field<issuer::Config>> IssuerFields() { return kIssuer; }

}  // namespace usher::config

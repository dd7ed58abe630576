#include <array>

#include "lib/config/fields.h"
#include "lib/config/key_source_fields.h"
#include "lib/config/service_codecs.h"
#include "lib/yaml/field_kinds.h"

namespace usher::config {
namespace {

using issuer::Config;
using jwks::RefreshLimits;
using token::Policy;
using yaml::AppliedOn;
using yaml::Bool;
using yaml::Changes;
using yaml::Duration;
using yaml::Field;
using yaml::FieldDoc;
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
    Limit<&RefreshLimits::timeout>(
        "timeout",
        "The longest time for one request to the provider, from the look-up of "
        "its name to the last byte. 100ms to 1m."),
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
        "caused. 0s to 10s."),
});

constexpr Field<Config> KeysField(std::string_view name,
                                  std::string_view description) {
  return {
      name,
      Presence::kOptional,
      description,
      [](const Value& value, Config& out) {
        ReadKeySource(value, out.keys.emplace(), out.key_credentials);
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
            before.key_credentials == after.key_credentials) {
          return;
        }
        changes.Add(inherited.value_or(field.applied_on), &Changes::changed,
                    path);
      },
      [](const Field<Config>& field, const Config& running, Config& next) {
        if (field.applied_on != AppliedOn::kRestart) return;
        next.keys = running.keys;
        next.key_credentials = running.key_credentials;
      }};
}

constexpr auto kIssuer = std::to_array<Field<Config>>({
    SimpleField<Config, Text, &Config::name>(
        "name",
        "The name of the issuer in logs, metrics and answers: a to z, 0 to 9, "
        "_ and -, at most 63 characters.",
        Presence::kRequired),
    SimpleField<Config, Text, &Config::issuer>(
        "issuer",
        "The `iss` claim of its tokens, byte for byte: a trailing slash "
        "matters.",
        Presence::kRequired),
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
        "The longest accepted `exp` - `iat`. Tokens must have both claims."),
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

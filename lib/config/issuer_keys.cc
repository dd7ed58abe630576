#include <array>

#include "lib/config/codecs.h"
#include "lib/config/key_source.h"
#include "lib/config/rows.h"
#include "lib/config/schema.h"

namespace usher::config {
namespace {

using issuer::Config;
using jwks::RefreshLimits;
using token::Policy;

// A duration among the refresh limits.
template <auto kLimit>
constexpr Key<Config> Limit(std::string_view name, std::string_view meaning) {
  return Leaf<Config, AnyDuration, &Config::refresh, kLimit>(name, meaning);
}

constexpr auto kRefresh = std::to_array<Key<Config>>({
    Limit<&RefreshLimits::freshness>(
        "freshness",
        "How long a key set is fresh when the provider sends no "
        "`Cache-Control: max-age`. It is fetched again before that, off the "
        "path of requests. 1s to 24h."),
    Limit<&RefreshLimits::min_freshness>(
        "min_freshness", "A shorter `max-age` counts as this. 1s to 24h."),
    Limit<&RefreshLimits::max_freshness>(
        "max_freshness", "A longer `max-age` counts as this. 1s to 24h."),
    Limit<&RefreshLimits::cooldown>(
        "cooldown",
        "The least time between fetches that tokens with an unknown key ID "
        "cause. Until it is over, a token issued since the last fetch is "
        "undecided, any other KEY_NOT_FOUND. 1s to 10m."),
    Limit<&RefreshLimits::stale_for>(
        "stale_for",
        "How long past their freshness keys are still served while the "
        "provider cannot be reached; then its tokens are undecided. This is "
        "how long a key that the provider withdraws can live on if an "
        "attacker keeps the provider away. 0s to 168h."),
    Limit<&RefreshLimits::unknown_kid_wait>(
        "unknown_kid_wait",
        "How long a request waits at most for a fetch that its unknown key ID "
        "caused. 0s to 10s."),
});

constexpr Key<Config> Keys(std::string_view name, std::string_view meaning) {
  return {
      name,
      Presence::kOptional,
      meaning,
      [](const Value& value, Config& out) { KeySource::Read(value, out.keys.emplace()); },
      [](const Key<Config>& key, const std::string& path, const Config&,
         std::vector<Entry>& entries) {
        entries.push_back({path, "mapping with one key", "{discovery: true}",
                           false, key.meaning, key.taken});
        KeySource::DescribeBelow(path, entries);
      },
      [](const Key<Config>& key, const std::string& path,
         std::optional<Taken> around, const Config& before, const Config& after,
         Changes& changes) {
        if (before.keys == after.keys) return;
        changes.Add(around.value_or(key.taken), &Changes::changed, path);
      },
      [](const Key<Config>& key, const Config& running, Config& next) {
        if (key.taken == Taken::kAtRestart) next.keys = running.keys;
      }};
}

constexpr auto kIssuer = std::to_array<Key<Config>>({
    Leaf<Config, Text, &Config::name>(
        "name",
        "What logs, metrics and answers call the issuer: a to z, 0 to 9, _ "
        "and -, at most 63 characters.",
        Presence::kRequired),
    Leaf<Config, Text, &Config::issuer>(
        "issuer",
        "The `iss` of its tokens, byte for byte: a trailing slash counts.",
        Presence::kRequired),
    Leaf<Config, TextList, &Config::audiences>(
        "audiences",
        "The services its tokens may be meant for: one of them must be among "
        "a token's audiences.",
        Presence::kRequired),
    Leaf<Config, AlgorithmList, &Config::algorithms>(
        "algorithms",
        "The signature algorithms it may use, of RS256, RS384, RS512, PS256, "
        "PS384, PS512, ES256, ES384, ES512, Ed25519 (or EdDSA, which means "
        "the same) and Ed448. `none` and HS256 and its like are never taken."),
    Keys("keys", "Where its public keys come from: one of the following."),
    Leaf<Config, CaFile, &Config::trust, &http::FetchOptions::ca_pem>(
        "ca_file",
        "PEM file with the only CAs that the provider's certificate may come "
        "from; without it, those of the system."),
    Leaf<Config, Text, &Config::trust, &http::FetchOptions::proxy>(
        "proxy",
        "HTTP proxy to the provider, such as `http://proxy:3128`. Only when "
        "said here: no environment variable is read."),
    Leaf<Config, AnyDuration, &Config::policy, &Policy::clock_skew>(
        "clock_skew",
        "How far the provider's clock may be off: taken off both ends of "
        "every date. 0s to 5m."),
    Leaf<Config, AnyDuration, &Config::policy, &Policy::max_lifetime>(
        "max_lifetime",
        "The longest `exp` - `iat` that is taken; tokens must carry both."),
    Leaf<Config, AnyDuration, &Config::policy, &Policy::max_age>(
        "max_age",
        "Where said: the longest time since `iat`, however long the token "
        "would still live."),
    Leaf<Config, TokenTypeList, &Config::policy, &Policy::token_types>(
        "token_types",
        "The values of the `typ` header that are taken, in any case and with "
        "or without `application/`; \"\" means that it may be absent."),
    Leaf<Config, Text, &Config::policy, &Policy::audience_claim>(
        "audience_claim",
        "The claim that names the audiences: `client_id` for providers whose "
        "access tokens have no `aud` (Amazon Cognito)."),
    Leaf<Config, Switch, &Config::required>(
        "required",
        "Whether `/readyz` waits until this issuer's keys are there."),
    Group<Config, kRefresh>("refresh"),
    Leaf<Config, Switch, &Config::trust,
         &http::FetchOptions::insecure_allow_private_addresses>(
        "insecure_allow_private_addresses",
        "Lets the provider be at a loopback, private, link-local or otherwise "
        "special address. Without it, whoever can turn the provider's name "
        "cannot make Usher ask inside your network."),
    Leaf<Config, Switch, &Config::policy,
         &Policy::insecure_ignore_confirmation>(
        "insecure_ignore_confirmation",
        "Takes tokens that are bound to a key or certificate (`cnf`) as if "
        "whoever holds them may use them. This throws away the protection "
        "against theft that the provider meant them to have."),
});

}  // namespace

std::span<const Key<issuer::Config>> IssuerKeys() { return kIssuer; }

}  // namespace usher::config

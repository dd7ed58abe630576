#include <array>

#include "lib/config/codecs.h"
#include "lib/config/rows.h"
#include "lib/config/schema.h"

namespace usher::config {
namespace {

constexpr int64_t kMinute = 60;
constexpr int64_t kHour = 3600;

constexpr auto kTls = std::to_array<Key<Tls>>({
    Leaf<Tls, FilePath, &Tls::certificate>(
        "certificate",
        "PEM file with this server's certificate and those that lead to its "
        "CA. Like the other two, it is read again when it changes.",
        Presence::kRequired),
    Leaf<Tls, FilePath, &Tls::private_key>(
        "private_key", "PEM file with the certificate's private key.",
        Presence::kRequired),
    Leaf<Tls, FilePath, &Tls::client_ca>(
        "client_ca",
        "PEM file with the CAs of the clients' certificates. Its presence "
        "makes TLS mutual: no client gets in without a certificate (but see "
        "`insecure_allow_anonymous_callers`)."),
});

constexpr auto kCaller = std::to_array<Key<ClientService>>({
    Leaf<ClientService, Text, &ClientService::name>(
        "name",
        "What logs and metrics call the service: a to z, 0 to 9, _ and -, at "
        "most 63 characters.",
        Presence::kRequired),
    Leaf<ClientService, Text, &ClientService::certificate>(
        "certificate",
        "Whom its certificate names, byte for byte: one of its URI or DNS "
        "alternative names, or its common name if it has none.",
        Presence::kRequired),
    Leaf<ClientService, TextList, &ClientService::audiences>(
        "audiences",
        "The audiences it may ask for. Each must be one of an issuer's.",
        Presence::kRequired),
    Leaf<ClientService, RpcList, &ClientService::rpcs>(
        "rpcs", "What it may call, of Verify, BatchVerify and Introspect."),
});
std::span<const Key<ClientService>> CallerKeys() { return kCaller; }

constexpr auto kAdmin = std::to_array<Key<Config>>({
    Leaf<Config, Address, &Config::admin_listen>(
        "listen",
        "Where AdminService listens. It explains tokens check by check, so "
        "it is for operators only."),
    OptionalPart<Config, Tls, kTls, &Config::admin_tls>(
        "tls", "TLS of the admin listener. Absent: plaintext."),
});

constexpr auto kMetrics = std::to_array<Key<Config>>({
    Leaf<Config, Address, &Config::metrics_listen>(
        "listen",
        "Where `/metrics`, `/livez` and `/readyz` are served, over plain "
        "HTTP: nothing on it is secret."),
});

constexpr auto kStatusPage = std::to_array<Key<Config>>({
    Leaf<Config, Switch, &Config::status_page_enabled>(
        "enabled", "Whether there is a status page."),
    Leaf<Config, Address, &Config::status_page_listen>(
        "listen",
        "Where the status page is served, over plain HTTP. It explains "
        "tokens check by check, so it is for operators on this machine."),
});

template <auto kLimit, typename Codec>
constexpr Key<Config> CacheLimit(std::string_view name,
                                 std::string_view meaning) {
  return Leaf<Config, Codec, &Config::token_cache, kLimit>(name, meaning);
}

constexpr auto kTokenCache = std::to_array<Key<Config>>({
    CacheLimit<&TokenCacheLimits::enabled, Switch>(
        "enabled",
        "Whether verified tokens are remembered. Only that a signature held "
        "is; time, audience, scopes and rules are looked at every time."),
    CacheLimit<&TokenCacheLimits::entries, CountBetween<64, 1 << 24>>(
        "entries", "How many tokens are remembered at most."),
    CacheLimit<&TokenCacheLimits::bytes,
               SizeBetween<size_t{1} << 20, size_t{64} << 30>>(
        "bytes", "How much memory they may take at most."),
    CacheLimit<&TokenCacheLimits::longest_life, DurationBetween<1, kHour>>(
        "longest_life",
        "How long a token is remembered at most; never beyond its `exp`."),
});

constexpr auto kLog = std::to_array<Key<Config>>({
    Leaf<Config, Level, &Config::log_level>(
        "level", "The least that is logged, as JSON lines on standard error.")
        .ByReload(),
});

constexpr auto kAudit = std::to_array<Key<Audit>>({
    Leaf<Audit, WritablePath, &Audit::file>(
        "file",
        "Where the lines are appended; made if it is not there, and made anew "
        "after it was renamed. Absent: standard error."),
    Leaf<Audit, Share, &Audit::sample_verified>(
        "sample_verified",
        "The share of verified tokens that get a line, evenly: 1 is all, 0 "
        "none."),
    Leaf<Audit, CountBetween<1, 1'000'000>, &Audit::refusals_per_second>(
        "refusals_per_second",
        "How many refused and undecided tokens get a line in a second at most; "
        "the next line says how many were left out."),
    Leaf<Audit, Switch, &Audit::subjects>(
        "subjects",
        "Whether lines about verified tokens name subject, client and token "
        "ID: personal data, perhaps."),
});

constexpr auto kService = std::to_array<Key<Config>>({
    Leaf<Config, Address, &Config::listen>("listen",
                                           "Where TokenService listens."),
    OptionalPart<Config, Tls, kTls, &Config::tls>(
        "tls",
        "TLS of `listen`. Absent: plaintext, which only this machine may "
        "use."),
    Parts<Config, ClientService, &CallerKeys, &Config::callers>(
        "callers",
        "The services that may ask, told by their certificates. Needed "
        "wherever other machines can reach `listen`.")
        .ByReload(),
    Group<Config, kAdmin>("admin"),
    Group<Config, kMetrics>("metrics"),
    Group<Config, kStatusPage>("status_page"),
    Parts<Config, issuer::Config, &IssuerKeys, &Config::issuers>(
        "issuers", "Whose tokens are taken.", Presence::kRequired)
        .ByReload(),
    Group<Config, kTokenCache>("token_cache"),
    Leaf<Config, DurationBetween<1, 24 * kHour>, &Config::connections,
         &ConnectionLife::longest>(
        "max_connection_age",
        "When a connection is told to end (GOAWAY), give or take a tenth, so "
        "that clients spread over new replicas and show their certificates "
        "again. Clients connect anew by themselves; no call is dropped."),
    Leaf<Config, DurationBetween<1, kHour>, &Config::connections,
         &ConnectionLife::grace>(
        "max_connection_age_grace",
        "How long calls under way on such a connection may go on."),
    Leaf<Config, DurationBetween<0, 5 * kMinute>, &Config::shutdown_delay>(
        "shutdown_delay",
        "How long the service goes on serving, unready, when it is told to "
        "stop: until balancers and clients that watch its health have turned "
        "away. 1s suits clients that watch it, as the C++ client does; "
        "Kubernetes needs some seconds more.")
        .ByReload(),
    Leaf<Config, DurationBetween<0, 10 * kMinute>, &Config::shutdown_grace>(
        "shutdown_grace",
        "How long requests under way may take to end when the service is "
        "told to stop. Together with `shutdown_delay` it is the longest that "
        "stopping takes.")
        .ByReload(),
    Group<Config, kLog>("log"),
    OptionalPart<Config, Audit, kAudit, &Config::audit>(
        "audit",
        "Keeps an audit log: a JSON line for verdicts, with who asked, which "
        "issuer, what came of it, and never the token. Absent: none."),
    Leaf<Config, Switch, &Config::insecure_allow_plaintext>(
        "insecure_allow_plaintext",
        "Lets other machines reach `listen` without TLS: tokens and answers "
        "cross the network for all to read and change."),
    Leaf<Config, Switch, &Config::insecure_allow_anonymous_callers>(
        "insecure_allow_anonymous_callers",
        "Lets whoever can reach `listen` ask about any token, with a client "
        "certificate or without."),
    Leaf<Config, Switch, &Config::insecure_allow_remote_admin>(
        "insecure_allow_remote_admin",
        "Lets other machines reach the admin listener without a client "
        "certificate: anyone there can have any token explained."),
    Leaf<Config, Switch, &Config::insecure_allow_remote_status_page>(
        "insecure_allow_remote_status_page",
        "Lets other machines reach the status page, which asks nobody who "
        "they are: anyone there can have any token explained, and tokens "
        "cross the network in plain text."),
});

}  // namespace

std::span<const Key<Config>> ServiceKeys() { return kService; }

std::vector<Entry> Entries() {
  std::vector<Entry> entries;
  Describe<Config>("", kService, Config{}, entries);
  return entries;
}

}  // namespace usher::config

#include <array>

#include "lib/config/fields.h"
#include "lib/config/service_codecs.h"
#include "lib/yaml/field_kinds.h"

namespace usher::config {
namespace {

using yaml::Bool;
using yaml::CountBetween;
using yaml::DurationBetween;
using yaml::Field;
using yaml::List;
using yaml::OptionalSection;
using yaml::Presence;
using yaml::Section;
using yaml::SimpleField;
using yaml::SizeBetween;
using yaml::Text;
using yaml::TextList;

constexpr int64_t kMinute = 60;
constexpr int64_t kHour = 3600;

constexpr auto kTls = std::to_array<Field<Tls>>({
    SimpleField<Tls, ReadablePath, &Tls::certificate>(
        "certificate",
        "PEM file with this server's certificate, followed by the "
        "intermediate certificates. This file and the others are read "
        "again when they change.",
        Presence::kRequired),
    SimpleField<Tls, ReadablePath, &Tls::private_key>(
        "private_key", "PEM file with the private key of the certificate.",
        Presence::kRequired),
    SimpleField<Tls, ReadablePath, &Tls::client_ca>(
        "client_ca",
        "PEM file with the CA certificates that sign client certificates. If "
        "set, TLS is mutual: a client without a certificate cannot connect "
        "(see also `insecure_allow_anonymous_callers`)."),
    SimpleField<Tls, ReadablePath, &Tls::client_crl>(
        "client_crl",
        "PEM file with certificate revocation lists, each signed by one of the "
        "CA certificates in `client_ca`. A client whose certificate is in a "
        "list is refused at its next call, also on an open connection. A file "
        "that cannot be used, or a list that has expired, is logged, and the "
        "last good lists stay in use."),
    SimpleField<Tls, Bool, &Tls::client_crl_required>(
        "client_crl_required",
        "Refuses every client for whose issuer `client_crl` has no list that "
        "is valid now, instead of using an expired one."),
});

constexpr auto kCaller = std::to_array<Field<ClientService>>({
    SimpleField<ClientService, Text, &ClientService::name>(
        "name",
        "The name of the client service in logs and metrics: a to z, 0 to 9, "
        "_ and -, at most 63 characters.",
        Presence::kRequired),
    SimpleField<ClientService, Text, &ClientService::certificate>(
        "certificate",
        "The name in its client certificate. A value with `://` is compared "
        "with the URI alternative names, byte for byte; any other value with "
        "the DNS alternative names, in any case of letters, or with the common "
        "name, byte for byte, if the certificate has no alternative names at "
        "all. No wildcards.",
        Presence::kRequired),
    SimpleField<ClientService, TextList, &ClientService::audiences>(
        "audiences",
        "The audiences for which it may have tokens verified. Each must be an "
        "audience of an issuer.",
        Presence::kRequired),
    SimpleField<ClientService, RpcList, &ClientService::rpcs>(
        "rpcs", "The RPCs it may call: Verify, BatchVerify, Introspect."),
});
std::span<const Field<ClientService>> CallerFields() { return kCaller; }

constexpr auto kAdmin = std::to_array<Field<Config>>({
    SimpleField<Config, Address, &Config::admin_listen>(
        "listen",
        "The address of AdminService. It explains tokens check by check, so it "
        "is for operators only."),
    OptionalSection<Config, Tls, kTls, &Config::admin_tls>(
        "tls", "TLS of the admin listener. Absent: plaintext."),
});

constexpr auto kMetrics = std::to_array<Field<Config>>({
    SimpleField<Config, Address, &Config::metrics_listen>(
        "listen",
        "The address of `/metrics`, `/livez` and `/readyz`, over plain HTTP. "
        "They contain no secrets."),
});

constexpr auto kStatusPage = std::to_array<Field<Config>>({
    SimpleField<Config, Bool, &Config::status_page_enabled>(
        "enabled", "Whether the status page is served."),
    SimpleField<Config, Address, &Config::status_page_listen>(
        "listen",
        "The address of the status page, over plain HTTP. The page explains "
        "tokens check by check, so it is for operators on this machine."),
});

template <auto kLimit, typename Codec>
constexpr Field<Config> CacheLimit(std::string_view name,
                                   std::string_view description) {
  return SimpleField<Config, Codec, &Config::token_cache, kLimit>(name,
                                                                  description);
}

constexpr auto kTokenCache = std::to_array<Field<Config>>({
    CacheLimit<&TokenCacheLimits::enabled, Bool>(
        "enabled",
        "Whether verified tokens are cached. Only the valid signature is "
        "cached; time, audience, scopes and rules are checked every time."),
    CacheLimit<&TokenCacheLimits::entries, CountBetween<64, 1 << 24>>(
        "entries", "The most tokens that are cached."),
    CacheLimit<&TokenCacheLimits::bytes,
               SizeBetween<size_t{1} << 20, size_t{64} << 30>>(
        "bytes", "The most memory that cached tokens use."),
    CacheLimit<&TokenCacheLimits::longest_life, DurationBetween<1, kHour>>(
        "longest_life",
        "The longest time a token stays in the cache; never beyond its `exp`."),
});

constexpr auto kLimits = std::to_array<Field<Config>>({
    SimpleField<Config,
                Optional<SizeBetween<size_t{64} << 20, size_t{1} << 40>>,
                &Config::limits, &ServiceLimits::memory>(
        "memory",
        "The memory that the process may use, `token_cache.bytes` included: "
        "what it holds for messages, batches and waiting requests is limited "
        "so that it stays below. Absent: the limit of its container (cgroup), "
        "or 1GiB without one."),
    SimpleField<Config, Optional<CountBetween<1, 100'000>>, &Config::limits,
                &ServiceLimits::cpu_percent>(
        "cpu_percent",
        "The processor time that the process may use, in percent of one "
        "processor: the measure of what one client service or issuer gets for "
        "new tokens. Absent: the limit of its container (cgroup), or all "
        "processors without one."),
});

constexpr auto kSelfProbe = std::to_array<Field<Config>>({
    SimpleField<Config, DurationBetween<0, kHour>, &Config::self_probe,
                &SelfProbe::interval>(
        "interval",
        "How often usherd connects to its own listeners. A listener that does "
        "not answer three times in a row ends the process with exit status 3, "
        "so that it is restarted. 0s: never."),
    SimpleField<Config, DurationBetween<1, kMinute>, &Config::self_probe,
                &SelfProbe::timeout>(
        "timeout",
        "How long a listener has for the first bytes of its answer."),
});

constexpr auto kLog = std::to_array<Field<Config>>({
    SimpleField<Config, LogLevelName, &Config::log_level>(
        "level",
        "The lowest level that is logged, as JSON lines on standard error.")
        .AppliedOnReload(),
});

constexpr auto kAudit = std::to_array<Field<Audit>>({
    SimpleField<Audit, WritablePath, &Audit::file>(
        "file",
        "The file to which the lines are appended. It is created if it does "
        "not exist, and again after it was renamed. Absent: standard error."),
    SimpleField<Audit, yaml::Fraction, &Audit::sample_verified>(
        "sample_verified",
        "The fraction of verified tokens that get a line, evenly distributed: "
        "1 is all, 0 is none."),
    SimpleField<Audit, CountBetween<1, 1'000'000>, &Audit::refusals_per_second>(
        "refusals_per_second",
        "The most lines per second about denied and undecided tokens. The next "
        "line says how many were left out."),
    SimpleField<Audit, Bool, &Audit::subjects>(
        "subjects",
        "Whether lines about verified tokens contain the subject, the client "
        "and the token ID. These may be personal data."),
});

constexpr auto kRevocation = std::to_array<Field<Revocation>>({
    SimpleField<Revocation, WritablePath, &Revocation::file>(
        "file",
        "The SQLite database that keeps revocations. It is created if it does "
        "not exist. One process only can use it, on a local disk."),
    SimpleField<Revocation, Bool, &Revocation::ephemeral>(
        "ephemeral",
        "Instead of `file`: revocations are kept in memory and end with the "
        "process."),
    SimpleField<Revocation, DurationBetween<kMinute, 10'000 * kHour>,
                &Revocation::retention>(
        "retention",
        "How long a revocation is kept. At least each issuer's `max_lifetime` "
        "and twice its `clock_skew`: no token that it covers is accepted "
        "later."),
    SimpleField<Revocation, CountBetween<1, 20'000'000>,
                &Revocation::max_entries>(
        "max_entries",
        "The most revocations. One more is refused, with an error for the "
        "operator. Each takes about 45 bytes of memory, and about 400 more "
        "with `ephemeral`."),
});

constexpr auto kService = std::to_array<Field<Config>>({
    SimpleField<Config, Address, &Config::listen>("listen",
                                                  "The address of "
                                                  "TokenService."),
    OptionalSection<Config, Tls, kTls, &Config::tls>(
        "tls",
        "TLS of `listen`. Absent: plaintext, which is allowed only on local "
        "addresses."),
    List<Config, ClientService, &CallerFields, &Config::callers>(
        "callers",
        "The client services that may call TokenService, identified by their "
        "certificates. Required if other machines can reach `listen`.")
        .AppliedOnReload(),
    Section<Config, kAdmin>("admin"),
    Section<Config, kMetrics>("metrics"),
    Section<Config, kStatusPage>("status_page"),
    List<Config, issuer::Config, &IssuerFields, &Config::issuers>(
        "issuers", "The issuers whose tokens are accepted.",
        Presence::kRequired)
        .AppliedOnReload(),
    Section<Config, kTokenCache>("token_cache"),
    Section<Config, kLimits>("limits"),
    SimpleField<Config, CountBetween<8, 1'000'000>, &Config::max_connections>(
        "max_connections",
        "The most connections of `listen`, and 7/8 of them from one address: "
        "one more is closed at once. Fewer if the process has too few file "
        "descriptors, or less than 400KiB of `limits.memory` for each."),
    Section<Config, kSelfProbe>("self_probe"),
    SimpleField<Config, DurationBetween<1, 24 * kHour>, &Config::connections,
                &ConnectionLife::longest>(
        "max_connection_age",
        "The age at which a connection is closed gracefully (GOAWAY), plus or "
        "minus a tenth. Clients reconnect by themselves and no call is lost; "
        "so they spread over new replicas and present their certificates "
        "again."),
    SimpleField<Config, DurationBetween<1, kHour>, &Config::connections,
                &ConnectionLife::grace>(
        "max_connection_age_grace",
        "The time that calls on such a connection have to finish."),
    SimpleField<Config, DurationBetween<0, 5 * kMinute>,
                &Config::shutdown_delay>(
        "shutdown_delay",
        "How long the service keeps serving after it was told to stop, while "
        "it reports that it is not ready. In this time load balancers and "
        "clients that watch its health turn to other replicas. 1s is enough "
        "for clients that watch it, as the C++ client does; Kubernetes needs "
        "some seconds more.")
        .AppliedOnReload(),
    SimpleField<Config, DurationBetween<0, 10 * kMinute>,
                &Config::shutdown_grace>(
        "shutdown_grace",
        "How long open requests may take to finish after the service was told "
        "to stop. Stopping takes at most `shutdown_delay` plus "
        "`shutdown_grace`.")
        .AppliedOnReload(),
    Section<Config, kLog>("log"),
    OptionalSection<Config, Audit, kAudit, &Config::audit>(
        "audit",
        "Writes an audit log: a JSON line per verdict with the client service, "
        "the issuer and the result, and never the token. Absent: no audit "
        "log."),
    OptionalSection<Config, Revocation, kRevocation, &Config::revocation>(
        "revocation",
        "Lets operators revoke tokens before they expire (`usher revoke`). "
        "Absent: nothing can be revoked."),
    SimpleField<Config, Bool, &Config::insecure_allow_plaintext>(
        "insecure_allow_plaintext",
        "Lets other machines reach `listen` without TLS: anyone on the network "
        "can read and change tokens and answers."),
    SimpleField<Config, Bool, &Config::insecure_allow_anonymous_callers>(
        "insecure_allow_anonymous_callers",
        "Lets any client that can reach `listen` have any token verified, with "
        "or without a client certificate."),
    SimpleField<Config, Bool, &Config::insecure_allow_remote_admin>(
        "insecure_allow_remote_admin",
        "Lets other machines reach the admin listener without a client "
        "certificate: anyone there can have any token explained."),
    SimpleField<Config, Bool, &Config::insecure_allow_remote_status_page>(
        "insecure_allow_remote_status_page",
        "Lets other machines reach the status page, which has no "
        "authentication: anyone there can have any token explained, and tokens "
        "cross the network in plain text."),
});

}  // namespace

std::span<const Field<Config>> ServiceFields() { return kService; }

std::vector<yaml::FieldDoc> FieldDocs() {
  std::vector<yaml::FieldDoc> docs;
  yaml::Describe<Config>("", kService, Config{}, docs);
  return docs;
}

}  // namespace usher::config

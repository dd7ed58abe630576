#include "server/monitor/metrics.h"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <array>
#include <sstream>
#include <utility>

#include "lib/base/text/strings.h"
#include "server/core/version.h"
#include "server/net/library_versions.h"

namespace usher::server {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;

// What one page is made from, read once.
struct Now {
  const Sources& sources;
  const issuer::Registry& issuers;
  verify::TokenCache::Counts token_cache;
  // Indexed as kAnswerPools.
  std::array<base::TokenMapCounts, 2> answer_cache;
  ReloadStats::Counts reloads;
  bool ready;
  absl::Time time;
};

// A metric that is read when the page is asked for.
struct ReadMetric {
  MetricInfo info;
  void (*collect)(const Now& now, Samples& out);
};

constexpr auto kQueues = std::to_array<std::string_view>({"keys", "batches"});
constexpr auto kOverloadedQueues =
    std::to_array<std::string_view>({"keys", "batches", "signatures"});
// Indexed by AdmissionLimit::Bound.
constexpr auto kBoundNames = std::to_array<std::string_view>(
    {"requests", "bytes", "client_service", "issuer"});
static_assert(kBoundNames.size() == AdmissionLimit::kBounds);
constexpr auto kListeners =
    std::to_array<std::string_view>({"listen", "admin"});
constexpr auto kAllListeners = std::to_array<std::string_view>(
    {"listen", "admin", "metrics", "status_page"});
constexpr auto kCertificates =
    std::to_array<std::string_view>({"server", "client_ca", "client_crl"});
constexpr auto kReloadResults =
    std::to_array<std::string_view>({"ok", "failed"});

constexpr auto kAnswerPools =
    std::to_array<std::string_view>({"active", "denied"});

constexpr Label kIssuer = {"issuer", {}};
constexpr Label kAnswerPool = {"pool", kAnswerPools};
constexpr Label kQueue = {"queue", kQueues};
constexpr Label kListener = {"listener", kListeners};
constexpr Label kCertificate = {"certificate", kCertificates};

void Add(Samples& out, double value) { out.Add({}, value); }
void Add(Samples& out, std::initializer_list<std::string_view> values,
         double value) {
  out.Add(std::span(values.begin(), values.size()), value);
}

double Seconds(absl::Time time) {
  return absl::ToDoubleSeconds(time - absl::UnixEpoch());
}

template <typename Read>
void ForEachPool(const Now& now, Samples& out, Read read) {
  for (size_t i = 0; i < kAnswerPools.size(); ++i) {
    Add(out, {kAnswerPools[i]}, static_cast<double>(read(now.answer_cache[i])));
  }
}

template <typename Read>
void ForEachQueue(const Now& now, Samples& out, Read read) {
  Add(out, {kQueues[0]}, static_cast<double>(read(now.sources.waiting_limit)));
  Add(out, {kQueues[1]}, static_cast<double>(read(now.sources.batch_limit)));
}

// `read` returns the value of one issuer that has keys, or nothing.
template <typename Read>
void ForEachIssuer(const Now& now, Samples& out, Read read) {
  for (const auto& issuer : now.issuers.issuers()) {
    if (issuer->keys() == nullptr) continue;
    const auto keys = issuer->keys()->Keys();
    const std::optional<double> value = read(*keys);
    if (value) Add(out, {issuer->config().name}, *value);
  }
}

// Keys that are written into the configuration are never fetched and never
// stale.
std::optional<double> WhereKeysAge(const jwks::KeySnapshot& keys,
                                   absl::Time time) {
  if (!keys.fetched_at || keys.fresh_until == absl::InfiniteFuture()) {
    return std::nullopt;
  }
  return Seconds(time);
}

template <typename Listeners>
void AddEach(Samples& out, const Listeners& listeners,
             std::atomic<uint64_t> ListenerStats::*count) {
  for (const ListenerStats* stats : listeners) {
    const uint64_t value = (stats->*count).load(std::memory_order_relaxed);
    Add(out, {stats->name}, static_cast<double>(value));
  }
}

template <typename Read>
void ForEachCertificate(const Now& now, Samples& out, Read read) {
  for (const auto& certificates : now.sources.certificates) {
    const auto served = certificates->served();
    const std::string& listener = certificates->listener();
    Add(out, {listener, kCertificates[0]}, Seconds(read(served->facts.server)));
    if (served->facts.client_ca) {
      Add(out, {listener, kCertificates[1]},
          Seconds(read(*served->facts.client_ca)));
    }
    if (served->revoked) {
      const TlsFacts::Validity lists = {served->revoked->issued_at(),
                                        served->revoked->expires_at()};
      Add(out, {listener, kCertificates[2]}, Seconds(read(lists)));
    }
  }
}

// Every metric that is not counted by an instrument (server/stats/counters.h).
constexpr auto kReadMetrics = std::to_array<ReadMetric>({
    {{"usher_waiting_requests",
      MetricType::kGauge,
      "Requests that wait now: for the keys of an issuer, or as a batch.",
      {kQueue}},
     [](const Now& now, Samples& out) {
       ForEachQueue(now, out, [](const auto& limit) { return limit.in_use(); });
     }},
    {{"usher_waiting_requests_limit",
      MetricType::kGauge,
      "How many requests may wait. One more gets OVERLOADED.",
      {kQueue}},
     [](const Now& now, Samples& out) {
       ForEachQueue(now, out,
                    [](const auto& limit) { return limit.limits().requests; });
     }},
    {{"usher_overloaded_total",
      MetricType::kCounter,
      "Requests that got OVERLOADED because too many waited (keys, batches) or "
      "too many new tokens were verified (signatures): in all (requests, "
      "bytes) "
      "or of one client service or issuer.",
      {Label{"queue", kOverloadedQueues}, Label{"bound", kBoundNames}}},
     [](const Now& now, Samples& out) {
       for (size_t i = 0; i < kBoundNames.size(); ++i) {
         const auto bound = static_cast<AdmissionLimit::Bound>(i);
         Add(out, {kQueues[0], kBoundNames[i]},
             now.sources.waiting_limit.refused(bound));
         Add(out, {kQueues[1], kBoundNames[i]},
             now.sources.batch_limit.refused(bound));
       }
       using verify::SignatureBudget;
       for (const auto& [bound, name] :
            {std::pair{SignatureBudget::Bound::kClientService, kBoundNames[2]},
             std::pair{SignatureBudget::Bound::kIssuer, kBoundNames[3]}}) {
         Add(out, {kOverloadedQueues[2], name},
             now.sources.signature_budget.refused(bound));
       }
     }},
    {{"usher_waiting_bytes",
      MetricType::kGauge,
      "Memory that is kept for the requests that wait now.",
      {kQueue}},
     [](const Now& now, Samples& out) {
       ForEachQueue(now, out,
                    [](const auto& limit) { return limit.bytes_in_use(); });
     }},
    {{"usher_waiting_bytes_limit",
      MetricType::kGauge,
      "How much memory may be kept for requests that wait. One more gets "
      "OVERLOADED.",
      {kQueue}},
     [](const Now& now, Samples& out) {
       ForEachQueue(now, out,
                    [](const auto& limit) { return limit.limits().bytes; });
     }},
    {{"usher_key_set_age_seconds",
      MetricType::kGauge,
      "Time since the fetch that brought the keys now in use.",
      {kIssuer}},
     [](const Now& now, Samples& out) {
       ForEachIssuer(now, out, [&](const auto& keys) -> std::optional<double> {
         if (!keys.fetched_at) return std::nullopt;
         return absl::ToDoubleSeconds(now.time - *keys.fetched_at);
       });
     }},
    {{"usher_key_set_keys", MetricType::kGauge, "Keys now in use.", {kIssuer}},
     [](const Now& now, Samples& out) {
       ForEachIssuer(now, out, [](const auto& keys) {
         return static_cast<double>(keys.keys.keys().size());
       });
     }},
    {{"usher_key_set_unusable_keys",
      MetricType::kGauge,
      "Published keys that cannot be used: `usher issuers` says why. Keys for "
      "encryption are not counted.",
      {kIssuer}},
     [](const Now& now, Samples& out) {
       ForEachIssuer(now, out, [](const auto& keys) {
         return static_cast<double>(keys.keys.ignored().size());
       });
     }},
    {{"usher_key_set_last_success_timestamp_seconds",
      MetricType::kGauge,
      "When keys were last fetched, in seconds since 1970.",
      {kIssuer}},
     [](const Now& now, Samples& out) {
       ForEachIssuer(now, out, [](const auto& keys) -> std::optional<double> {
         if (!keys.fetched_at) return std::nullopt;
         return Seconds(*keys.fetched_at);
       });
     }},
    {{"usher_key_set_fresh_until_timestamp_seconds",
      MetricType::kGauge,
      "When the keys now in use become stale, in seconds since 1970. Absent "
      "for keys that never do (inline keys).",
      {kIssuer}},
     [](const Now& now, Samples& out) {
       ForEachIssuer(now, out, [](const auto& keys) {
         return WhereKeysAge(keys, keys.fresh_until);
       });
     }},
    {{"usher_key_set_usable_until_timestamp_seconds",
      MetricType::kGauge,
      "When the keys stop being used unless a fetch succeeds, in seconds since "
      "1970.",
      {kIssuer}},
     [](const Now& now, Samples& out) {
       ForEachIssuer(now, out, [](const auto& keys) {
         return WhereKeysAge(keys, keys.usable_until);
       });
     }},
    {{"usher_issuer_ready",
      MetricType::kGauge,
      "1 while the issuer has usable keys.",
      {kIssuer}},
     [](const Now& now, Samples& out) {
       for (const auto& issuer : now.issuers.issuers()) {
         Add(out, {issuer->config().name}, issuer->IsReady(now.time) ? 1 : 0);
       }
     }},
    {{"usher_token_cache_entries", MetricType::kGauge,
      "Tokens in the token cache."},
     [](const Now& now, Samples& out) { Add(out, now.token_cache.entries); }},
    {{"usher_token_cache_bytes", MetricType::kGauge,
      "Memory that the token cache uses."},
     [](const Now& now, Samples& out) { Add(out, now.token_cache.bytes); }},
    {{"usher_token_cache_hits_total", MetricType::kCounter,
      "Tokens found in the token cache."},
     [](const Now& now, Samples& out) { Add(out, now.token_cache.hits); }},
    {{"usher_token_cache_misses_total", MetricType::kCounter,
      "Tokens not found in the token cache."},
     [](const Now& now, Samples& out) { Add(out, now.token_cache.misses); }},
    {{"usher_token_cache_evictions_total", MetricType::kCounter,
      "Tokens removed because the token cache was full."},
     [](const Now& now, Samples& out) { Add(out, now.token_cache.evictions); }},
    {{"usher_introspection_cache_entries",
      MetricType::kGauge,
      "Answers of issuers about tokens that are remembered: about active "
      "tokens, and about denied ones.",
      {kAnswerPool}},
     [](const Now& now, Samples& out) {
       ForEachPool(now, out, [](const auto& pool) { return pool.entries; });
     }},
    {{"usher_introspection_cache_bytes",
      MetricType::kGauge,
      "Memory that they use.",
      {kAnswerPool}},
     [](const Now& now, Samples& out) {
       ForEachPool(now, out, [](const auto& pool) { return pool.bytes; });
     }},
    {{"usher_introspection_cache_hits_total",
      MetricType::kCounter,
      "Tokens whose issuer had answered a moment ago.",
      {kAnswerPool}},
     [](const Now& now, Samples& out) {
       ForEachPool(now, out, [](const auto& pool) { return pool.hits; });
     }},
    {{"usher_introspection_cache_misses_total", MetricType::kCounter,
      "Tokens whose issuer had to be asked."},
     // The second pool is looked into where the first has nothing.
     [](const Now& now, Samples& out) {
       Add(out, now.answer_cache[1].misses);
     }},
    {{"usher_introspection_cache_evictions_total",
      MetricType::kCounter,
      "Answers removed because their part of the cache was full.",
      {kAnswerPool}},
     [](const Now& now, Samples& out) {
       ForEachPool(now, out, [](const auto& pool) { return pool.evictions; });
     }},
    {{"usher_audit_lines_total",
      MetricType::kCounter,
      "Verdicts by what happened to their line in the audit log, if there is "
      "one. queue_full and write_failed: the line is lost.",
      {Label{"result", kAuditLineNames}}},
     [](const Now& now, Samples& out) {
       if (!now.sources.audit) return;
       for (size_t i = 0; i < kAuditLineNames.size(); ++i) {
         const auto line = static_cast<AuditLine>(i);
         Add(out, {kAuditLineNames[i]}, now.sources.audit->count(line));
       }
     }},
    {{"usher_connections",
      MetricType::kGauge,
      "Open connections of a gRPC listener, correct within some seconds.",
      {kListener}},
     [](const Now& now, Samples& out) {
       AddEach(out, now.sources.listeners.grpc(), &ListenerStats::open);
     }},
    {{"usher_connections_limit",
      MetricType::kGauge,
      "The most connections of a gRPC listener.",
      {kListener}},
     [](const Now& now, Samples& out) {
       AddEach(out, now.sources.listeners.grpc(), &ListenerStats::limit);
     }},
    {{"usher_connections_refused_total",
      MetricType::kCounter,
      "Connections that were closed at once because there were too many, or "
      "too many from one address.",
      {kListener}},
     [](const Now& now, Samples& out) {
       AddEach(out, now.sources.listeners.grpc(), &ListenerStats::refused);
     }},
    {{"usher_connections_ended_total",
      MetricType::kCounter,
      "Connections that were ended because the process was about to use more "
      "memory than it may, those first that received the most.",
      {kListener}},
     [](const Now& now, Samples& out) {
       AddEach(out, now.sources.listeners.grpc(),
               &ListenerStats::ended_for_memory);
     }},
    {{"usher_accept_failures_total",
      MetricType::kCounter,
      "Failures to accept a connection, such as for lack of file descriptors. "
      "Each is repeated until it succeeds.",
      {kListener}},
     [](const Now& now, Samples& out) {
       AddEach(out, now.sources.listeners.grpc(),
               &ListenerStats::accept_failures);
     }},
    {{"usher_self_probe_misses_total",
      MetricType::kCounter,
      "Probes of an own listener that got no answer. Three in a row end the "
      "process.",
      {Label{"listener", kAllListeners}}},
     [](const Now& now, Samples& out) {
       AddEach(out, now.sources.listeners.all(), &ListenerStats::probe_misses);
     }},
    {{"usher_certificate_start_timestamp_seconds",
      MetricType::kGauge,
      "Since when a listener's certificate is valid, in seconds since 1970.",
      {kListener, kCertificate}},
     [](const Now& now, Samples& out) {
       ForEachCertificate(now, out,
                          [](const auto& valid) { return valid.from; });
     }},
    {{"usher_certificate_expiry_timestamp_seconds",
      MetricType::kGauge,
      "When a listener's certificate expires, in seconds since 1970: the first "
      "to expire of the chain it serves (server), the last to expire of the "
      "authorities for client certificates (client_ca), the first to expire of "
      "the revocation lists (client_crl).",
      {kListener, kCertificate}},
     [](const Now& now, Samples& out) {
       ForEachCertificate(now, out,
                          [](const auto& valid) { return valid.until; });
     }},
    {{"usher_client_certificates_refused_total",
      MetricType::kCounter,
      "Calls that were refused because the client's certificate was not good "
      "any more.",
      {kListener, Label{"reason", kCertificateRefusalNames}}},
     [](const Now& now, Samples& out) {
       for (const auto& certificates : now.sources.certificates) {
         for (size_t i = 0; i < kCertificateRefusalNames.size(); ++i) {
           const auto reason = static_cast<CertificateRefusal>(i);
           Add(out, {certificates->listener(), kCertificateRefusalNames[i]},
               static_cast<double>(certificates->refused(reason)));
         }
       }
     }},
    {{"usher_certificate_reloads_total",
      MetricType::kCounter,
      "Changed certificate files and revocation lists: now used (ok), or "
      "unusable (failed), and the old ones are still used.",
      {kListener, Label{"result", kCertificateReloadNames}}},
     [](const Now& now, Samples& out) {
       for (const auto& certificates : now.sources.certificates) {
         for (size_t i = 0; i < kCertificateReloadNames.size(); ++i) {
           const auto result = static_cast<CertificateReload>(i);
           Add(out, {certificates->listener(), kCertificateReloadNames[i]},
               certificates->reloads(result));
         }
       }
     }},
    {{"usher_ready", MetricType::kGauge, "1 while /readyz says ready."},
     [](const Now& now, Samples& out) { Add(out, now.ready ? 1 : 0); }},
    {{"usher_configuration_generation", MetricType::kGauge,
      "Grows by one with every configuration that becomes active."},
     [](const Now& now, Samples& out) { Add(out, now.issuers.generation()); }},
    {{"usher_configuration_reloads_total",
      MetricType::kCounter,
      "Reloads of the configuration, by how they ended.",
      {Label{"result", kReloadResults}}},
     [](const Now& now, Samples& out) {
       Add(out, {kReloadResults[0]}, now.reloads.applied);
       Add(out, {kReloadResults[1]}, now.reloads.refused);
     }},
    {{"usher_configuration_last_reload_successful", MetricType::kGauge,
      "0 while the configuration file has errors and the configuration before "
      "it stays active."},
     [](const Now& now, Samples& out) {
       Add(out, now.reloads.errors == 0 ? 1 : 0);
     }},
    {{"usher_configuration_last_reload_success_timestamp_seconds",
      MetricType::kGauge,
      "When a configuration last became active, including at the start, in "
      "seconds since 1970."},
     [](const Now& now, Samples& out) {
       Add(out, Seconds(now.reloads.last_applied));
     }},
    {{"usher_configuration_restart_keys", MetricType::kGauge,
      "Keys of the configuration file whose new values need a restart."},
     [](const Now& now, Samples& out) {
       Add(out, static_cast<double>(now.reloads.at_restart.size()));
     }},
    {{"usher_library_info",
      MetricType::kGauge,
      "Always 1. The labels are the libraries in use and their versions.",
      {Label{"library", {}}, Label{"version", {}}}},
     [](const Now&, Samples& out) {
       for (const base::LibraryVersion& library : Libraries()) {
         Add(out, {library.name, library.version}, 1);
       }
     }},
    {{"usher_build_info",
      MetricType::kGauge,
      "Always 1. The label is the version.",
      {Label{"version", {}}}},
     [](const Now&, Samples& out) { Add(out, {kVersion}, 1); }},
});

prometheus::MetricType TypeOf(MetricType type) {
  switch (type) {
    case MetricType::kCounter:
      return prometheus::MetricType::Counter;
    case MetricType::kGauge:
      return prometheus::MetricType::Gauge;
    case MetricType::kHistogram:
      break;
  }
  return prometheus::MetricType::Histogram;
}

// One metric in prometheus-cpp's form.
class Family final : public Samples {
 public:
  explicit Family(const MetricInfo& info) : info_(info) {
    family_.name = std::string(info.name);
    family_.help = std::string(info.help);
    family_.type = TypeOf(info.type);
  }

  void Add(std::span<const std::string_view> values, double value) override {
    ClientMetric& metric = Append(values);
    if (info_.type == MetricType::kCounter) {
      metric.counter.value = value;
    } else {
      metric.gauge.value = value;
    }
  }

  void Add(std::span<const std::string_view> values,
           const LatencyHistogram& histogram) override {
    constexpr auto& kBounds = LatencyHistogram::kBounds;
    ClientMetric& metric = Append(values);
    uint64_t total = 0;
    for (size_t i = 0; i < kBounds.size(); ++i) {
      total += histogram.count(i);
      metric.histogram.bucket.push_back({total, kBounds[i]});
    }
    metric.histogram.sample_count = total + histogram.count(kBounds.size());
    metric.histogram.sample_sum = histogram.sum_seconds();
  }

  MetricFamily&& Take() && { return std::move(family_); }

 private:
  ClientMetric& Append(std::span<const std::string_view> values) {
    ClientMetric& metric = family_.metric.emplace_back();
    for (size_t i = 0; i < values.size(); ++i) {
      metric.label.push_back(
          {std::string(info_.labels[i].name), std::string(values[i])});
    }
    return metric;
  }

  const MetricInfo& info_;
  MetricFamily family_;
};

constexpr std::string_view NameOf(MetricType type) {
  switch (type) {
    case MetricType::kCounter:
      return "counter";
    case MetricType::kGauge:
      return "gauge";
    case MetricType::kHistogram:
      break;
  }
  return "histogram";
}

// Values are listed where there are few.
std::string LabelsCell(const MetricInfo& info) {
  constexpr size_t kMostListed = 8;
  std::string cell;
  for (const Label& label : info.labels) {
    if (label.name.empty()) break;
    cell += base::StrCat(cell.empty() ? "" : ", ", "`", label.name, "`");
    if (label.values.empty() || label.values.size() > kMostListed) continue;
    cell += " (";
    for (size_t i = 0; i < label.values.size(); ++i) {
      cell += base::StrCat(i == 0 ? "" : ", ", label.values[i]);
    }
    cell += ")";
  }
  return cell;
}

}  // namespace

std::vector<MetricInfo> AllMetrics() {
  std::vector<MetricInfo> all;
  const Counters counters({});
  for (const Instrument* instrument : counters.instruments()) {
    all.push_back(instrument->info());
  }
  for (const ReadMetric& metric : kReadMetrics) all.push_back(metric.info);
  std::ranges::sort(all, {}, &MetricInfo::name);
  return all;
}

std::string MetricsTable() {
  std::string table =
      "| metric | type | labels | meaning |\n|---|---|---|---|\n";
  for (const MetricInfo& info : AllMetrics()) {
    const std::string labels = LabelsCell(info);
    table += base::StrCat("| `", info.name, "` | ", NameOf(info.type), " |",
                          labels.empty() ? "" : " ", labels, " | ", info.help,
                          " |\n");
  }
  return table;
}

std::string RenderMetrics(const Sources& sources) {
  const auto active_config = sources.active_config.Read();
  const Now now = {.sources = sources,
                   .issuers = *active_config->issuers,
                   .token_cache = sources.token_cache.counts(),
                   .answer_cache = {sources.answer_cache.positive_counts(),
                                    sources.answer_cache.negative_counts()},
                   .reloads = sources.reloads.Read(),
                   .ready = sources.readiness.Update().serving(),
                   .time = sources.clock.Now()};
  std::vector<MetricFamily> page;
  for (const Instrument* instrument : sources.counters.instruments()) {
    Family family(instrument->info());
    instrument->Collect(family);
    page.push_back(std::move(family).Take());
  }
  for (const ReadMetric& metric : kReadMetrics) {
    Family family(metric.info);
    metric.collect(now, family);
    page.push_back(std::move(family).Take());
  }
  std::ostringstream out;
  prometheus::TextSerializer().Serialize(out, page);
  return std::move(out).str();
}

}  // namespace usher::server

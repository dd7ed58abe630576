#include "server/monitor/metrics.h"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <array>
#include <cstring>
#include <sstream>
#include <utility>
#include <vector>

#include "server/core/version.h"

namespace usher::server {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using Labels = std::vector<ClientMetric::Label>;

constexpr auto kRows = std::to_array<MetricRow>({
    {"usher_requests_total", "counter", "Requests answered, by gRPC code."},
    {"usher_request_duration_seconds", "histogram",
     "From a request's arrival to its answer."},
    {"usher_in_flight_requests", "gauge", "Requests being answered now."},
    {"usher_waiting_requests", "gauge",
     "Requests that wait now: for an issuer's keys, or as a batch."},
    {"usher_waiting_requests_limit", "gauge",
     "How many may wait; one more is told OVERLOADED."},
    {"usher_overloaded_total", "counter",
     "Requests told OVERLOADED because too many waited."},
    {"usher_verdicts_total", "counter",
     "Tokens judged; result is VERIFIED or a Reason. issuer is empty where no "
     "configured issuer is concerned."},
    {"usher_verify_duration_seconds", "histogram",
     "Judging one token: remembered (cache), from the keys at hand (local), or "
     "after waiting for keys (network)."},
    {"usher_key_set_age_seconds", "gauge",
     "Since the fetch that brought the keys now served."},
    {"usher_key_set_keys", "gauge", "Keys now served."},
    {"usher_key_set_fetches_total", "counter",
     "Attempts to fetch keys, by what set them off and how they ended."},
    {"usher_key_set_fetch_duration_seconds", "histogram",
     "One attempt to fetch keys, all issuers together."},
    {"usher_key_set_last_success_timestamp_seconds", "gauge",
     "When keys were last fetched, in seconds since 1970."},
    {"usher_key_set_fresh_until_timestamp_seconds", "gauge",
     "When the keys now served are stale, in seconds since 1970."},
    {"usher_key_set_usable_until_timestamp_seconds", "gauge",
     "When they stop being served unless a fetch succeeds, in seconds since "
     "1970."},
    {"usher_stale_keys_served_total", "counter",
     "Verdicts that rest on keys past their freshness."},
    {"usher_issuer_ready", "gauge", "1 while the issuer has usable keys."},
    {"usher_token_cache_entries", "gauge", "Tokens remembered."},
    {"usher_token_cache_bytes", "gauge", "Memory the token cache takes."},
    {"usher_token_cache_hits_total", "counter", "Tokens found remembered."},
    {"usher_token_cache_misses_total", "counter", "Tokens not remembered."},
    {"usher_token_cache_evictions_total", "counter",
     "Tokens pushed out by the cache's bounds."},
    {"usher_audit_lines_total", "counter",
     "Verdicts by what became of their line in the audit log."},
    {"usher_certificate_start_timestamp_seconds", "gauge",
     "Since when a listener's certificate is valid, in seconds since 1970."},
    {"usher_certificate_expiry_timestamp_seconds", "gauge",
     "Until when a listener's certificate is valid, in seconds since 1970: the "
     "first to end of those it serves (server), the last to end of those that "
     "sign its clients' (client_ca)."},
    {"usher_certificate_reloads_total", "counter",
     "Changed certificate files: taken up (ok), or unusable (failed) and the "
     "old ones kept."},
    {"usher_ready", "gauge", "1 while /readyz says ready."},
    {"usher_configuration_generation", "gauge",
     "Grows by one with every configuration taken."},
    {"usher_configuration_reloads_total", "counter",
     "Reloads of the configuration, by how they ended."},
    {"usher_configuration_last_reload_successful", "gauge",
     "0 while the configuration file has faults and the one before is in "
     "force."},
    {"usher_configuration_last_reload_success_timestamp_seconds", "gauge",
     "When a configuration was last taken, the start included, in seconds "
     "since 1970."},
    {"usher_configuration_restart_keys", "gauge",
     "Keys of the configuration file whose values wait for a restart."},
    {"usher_build_info", "gauge", "Always 1; the label tells the version."},
});

constexpr std::array<const char*, Counters::kTriggers> kTriggerNames = {
    "startup", "refresh", "unknown_kid", "manual", "file_changed"};
constexpr std::array<const char*, Counters::kPaths> kPathNames = {
    "cache", "local", "network"};
constexpr std::array<const char*, Counters::kCodes> kCodeNames = {
    "OK",
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED"};

// The page being written: one family per row of the table.
class Page {
 public:
  Page() {
    for (const MetricRow& row : kRows) {
      families_.push_back(MetricFamily{row.name, row.help, TypeOf(row), {}});
    }
  }

  void Value(const char* name, Labels labels, double value) {
    MetricFamily& family = Named(name);
    ClientMetric metric;
    metric.label = std::move(labels);
    if (family.type == MetricType::Counter) {
      metric.counter.value = value;
    } else {
      metric.gauge.value = value;
    }
    family.metric.push_back(std::move(metric));
  }

  void Histogram(const char* name, Labels labels,
                 const LatencyHistogram& timings) {
    ClientMetric metric;
    metric.label = std::move(labels);
    uint64_t so_far = 0;
    for (size_t i = 0; i < LatencyHistogram::kBounds.size(); ++i) {
      so_far += timings.count(i);
      metric.histogram.bucket.push_back({so_far, LatencyHistogram::kBounds[i]});
    }
    metric.histogram.sample_count =
        so_far + timings.count(LatencyHistogram::kBounds.size());
    metric.histogram.sample_sum = timings.sum_seconds();
    Named(name).metric.push_back(std::move(metric));
  }

  std::string Text() const {
    std::ostringstream out;
    prometheus::TextSerializer().Serialize(out, families_);
    return std::move(out).str();
  }

 private:
  static MetricType TypeOf(const MetricRow& row) {
    if (std::strcmp(row.type, "counter") == 0) return MetricType::Counter;
    if (std::strcmp(row.type, "gauge") == 0) return MetricType::Gauge;
    return MetricType::Histogram;
  }
  // Every name below stands in the table: a test reads the whole page.
  MetricFamily& Named(const char* name) {
    size_t i = 0;
    while (i + 1 < families_.size() && families_[i].name != name) ++i;
    return families_[i];
  }

  std::vector<MetricFamily> families_;
};

double Seconds(absl::Time time) {
  return absl::ToDoubleSeconds(time - absl::UnixEpoch());
}

void AddRequests(const Counters& counters, Page& page) {
  for (size_t rpc = 0; rpc < kRpcNames.size(); ++rpc) {
    const std::string method(kRpcNames[rpc]);
    const Counters::OfRpc& row = counters.of(static_cast<Rpc>(rpc));
    for (size_t code = 0; code < Counters::kCodes; ++code) {
      const uint64_t count = row.codes[code];
      if (count == 0 && code != grpc::StatusCode::OK) continue;
      page.Value("usher_requests_total",
                 {{"method", method}, {"code", kCodeNames[code]}}, count);
    }
    page.Histogram("usher_request_duration_seconds", {{"method", method}},
                   row.took);
  }
  page.Value("usher_in_flight_requests", {}, counters.in_flight());
}

void AddQueue(const char* name, const AdmissionLimit& room, Page& page) {
  const Labels labels = {{"queue", name}};
  page.Value("usher_waiting_requests", labels,
             static_cast<double>(room.taken()));
  page.Value("usher_waiting_requests_limit", labels,
             static_cast<double>(room.seats()));
  page.Value("usher_overloaded_total", labels,
             static_cast<double>(room.refused()));
}

void AddCounts(const std::string& issuer, const Counters::OfIssuer& row,
               Page& page) {
  page.Value("usher_verdicts_total",
             {{"issuer", issuer}, {"result", "VERIFIED"}}, row.verdicts[0]);
  for (const ReasonInfo& reason : Reasons()) {
    const uint64_t count = row.verdicts[static_cast<size_t>(reason.reason)];
    // Undecided ones are there from the start: rate() does not see the first
    // step of a series that begins with it, and this one is an outage.
    const bool always = !issuer.empty() && IsUndecided(reason.reason);
    if (count == 0 && !always) continue;
    page.Value("usher_verdicts_total",
               {{"issuer", issuer}, {"result", std::string(reason.name)}},
               count);
  }
  if (issuer.empty()) return;
  page.Value("usher_stale_keys_served_total", {{"issuer", issuer}},
             row.stale_served);
  for (size_t trigger = 0; trigger < Counters::kTriggers; ++trigger) {
    for (const bool fetched : {false, true}) {
      const uint64_t count = row.fetches[trigger][fetched];
      if (count == 0) continue;
      page.Value("usher_key_set_fetches_total",
                 {{"issuer", issuer},
                  {"trigger", kTriggerNames[trigger]},
                  {"result", fetched ? "ok" : "failed"}},
                 count);
    }
  }
}

void AddIssuer(const issuer::Issuer& issuer, absl::Time now, Page& page) {
  const Labels labels = {{"issuer", issuer.config().name}};
  page.Value("usher_issuer_ready", labels, issuer.IsReady(now) ? 1 : 0);
  if (issuer.keys() == nullptr) return;
  const auto served = issuer.keys()->Keys();
  page.Value("usher_key_set_keys", labels,
             static_cast<double>(served->keys.keys().size()));
  if (!served->fetched_at) return;
  page.Value("usher_key_set_age_seconds", labels,
             absl::ToDoubleSeconds(now - *served->fetched_at));
  page.Value("usher_key_set_last_success_timestamp_seconds", labels,
             Seconds(*served->fetched_at));
  // Keys written into the configuration never age.
  if (served->fresh_until == absl::InfiniteFuture()) return;
  page.Value("usher_key_set_fresh_until_timestamp_seconds", labels,
             Seconds(served->fresh_until));
  page.Value("usher_key_set_usable_until_timestamp_seconds", labels,
             Seconds(served->usable_until));
}

void AddTokenCache(const verify::TokenCache::Counts& counts, Page& page) {
  page.Value("usher_token_cache_entries", {}, counts.entries);
  page.Value("usher_token_cache_bytes", {}, counts.bytes);
  page.Value("usher_token_cache_hits_total", {}, counts.hits);
  page.Value("usher_token_cache_misses_total", {}, counts.misses);
  page.Value("usher_token_cache_evictions_total", {}, counts.evictions);
}

void AddAudit(const AuditLog& audit, Page& page) {
  for (size_t i = 0; i < kAuditLineNames.size(); ++i) {
    page.Value("usher_audit_lines_total", {{"result", kAuditLineNames[i]}},
               static_cast<double>(audit.count(static_cast<AuditLine>(i))));
  }
}

void AddValidity(const std::string& listener, const char* certificate,
                 const TlsFacts::Validity& validity, Page& page) {
  const Labels labels = {{"listener", listener}, {"certificate", certificate}};
  page.Value("usher_certificate_start_timestamp_seconds", labels,
             Seconds(validity.from));
  page.Value("usher_certificate_expiry_timestamp_seconds", labels,
             Seconds(validity.until));
}

void AddCertificates(const Certificates& certificates, Page& page) {
  const std::string& listener = certificates.listener();
  const auto served = certificates.served();
  AddValidity(listener, "server", served->facts.server, page);
  if (served->facts.client_ca) {
    AddValidity(listener, "client_ca", *served->facts.client_ca, page);
  }
  for (size_t i = 0; i < kCertificateReloadNames.size(); ++i) {
    page.Value("usher_certificate_reloads_total",
               {{"listener", listener}, {"result", kCertificateReloadNames[i]}},
               static_cast<double>(
                   certificates.reloads(static_cast<CertificateReload>(i))));
  }
}

void AddReloads(const ReloadStats::Counts& reloads, Page& page) {
  constexpr const char* kTotal = "usher_configuration_reloads_total";
  page.Value(kTotal, {{"result", "ok"}}, reloads.taken);
  page.Value(kTotal, {{"result", "failed"}}, reloads.refused);
  page.Value("usher_configuration_last_reload_successful", {},
             reloads.faults == 0 ? 1 : 0);
  page.Value("usher_configuration_last_reload_success_timestamp_seconds", {},
             Seconds(reloads.last_taken));
  page.Value("usher_configuration_restart_keys", {},
             static_cast<double>(reloads.at_restart.size()));
}

}  // namespace

std::span<const MetricRow> MetricRows() { return kRows; }

std::string RenderMetrics(const MetricsView& view) {
  Page page;
  AddRequests(view.counters, page);
  AddQueue("keys", view.waiting_limit, page);
  AddQueue("batches", view.batch_limit, page);
  const auto rows = view.counters.by_issuer();
  for (const auto& [name, row] : *rows) {
    AddCounts(name, *row, page);
  }
  for (size_t path = 0; path < Counters::kPaths; ++path) {
    page.Histogram("usher_verify_duration_seconds",
                   {{"path", kPathNames[path]}},
                   view.counters.of(static_cast<verify::VerdictSource>(path)));
  }
  for (const auto& issuer : view.issuers.issuers()) {
    AddIssuer(*issuer, view.now, page);
  }
  page.Histogram("usher_key_set_fetch_duration_seconds", {},
                 view.counters.fetches());
  AddTokenCache(view.token_cache, page);
  if (view.audit) AddAudit(*view.audit, page);
  for (const auto& certificates : view.certificates) {
    AddCertificates(*certificates, page);
  }
  page.Value("usher_ready", {}, view.ready ? 1 : 0);
  page.Value("usher_configuration_generation", {}, view.issuers.generation());
  AddReloads(view.reloads, page);
  page.Value("usher_build_info", {{"version", kVersion}}, 1);
  return page.Text();
}

}  // namespace usher::server

// /metrics: what has been counted, and how things stand now, as Prometheus's
// text.
//
// metrics.cc is the one home of prometheus-cpp. Labels come only from
// configured names and our own tables, so a token cannot make a time series.
#pragma once

#include <memory>
#include <span>
#include <string>

#include "absl/time/time.h"
#include "lib/issuer/registry.h"
#include "lib/verify/token_cache.h"
#include "server/core/admission.h"
#include "server/net/certificates.h"
#include "server/stats/audit_log.h"
#include "server/stats/counters.h"
#include "server/stats/reload_stats.h"

namespace usher::server {

// Text exposition format 0.0.4. Takes no lock that a request waits for longer
// than one cache shard's.
struct MetricsView {
  const Counters& counters;
  const issuer::Registry& issuers;
  const verify::TokenCache::Counts& token_cache;
  const AdmissionLimit& waiting_limit;
  const AdmissionLimit& batch_limit;
  const ReloadStats::Counts& reloads;
  const AuditLog* audit;  // null: none is kept
  std::span<const std::shared_ptr<Certificates>> certificates;
  bool ready;  // what /readyz says
  absl::Time now;
};
std::string RenderMetrics(const MetricsView& view);

// The Content-Type that goes with it.
inline constexpr const char* kMetricsContentType =
    "text/plain; version=0.0.4; charset=utf-8";

// Every metric's name, help and type, for docs and dashboards.
struct MetricRow {
  const char* name;
  const char* type;  // "counter", "gauge", "histogram"
  const char* help;
};
std::span<const MetricRow> MetricRows();

}  // namespace usher::server

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
#include "server/audit_log.h"
#include "server/certificates.h"
#include "server/reload_tallies.h"
#include "server/tallies.h"
#include "server/waiting_room.h"

namespace usher::server {

// Text exposition format 0.0.4. Takes no lock that a request waits for longer
// than one cache shard's.
struct MetricsView {
  const Tallies& tallies;
  const issuer::Registry& issuers;
  const verify::TokenCache::Counts& token_cache;
  const WaitingRoom& waiting_room;
  const WaitingRoom& batch_room;
  const ReloadTallies::Counts& reloads;
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

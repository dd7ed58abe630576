// /metrics, /livez and /readyz over plain HTTP, and nothing else.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/base/clock.h"
#include "lib/base/snapshot.h"
#include "lib/httpd/server.h"
#include "lib/verify/token_cache.h"
#include "server/core/active_config.h"
#include "server/core/admission.h"
#include "server/monitor/readiness.h"
#include "server/net/certificates.h"
#include "server/stats/audit_log.h"
#include "server/stats/counters.h"
#include "server/stats/reload_stats.h"

namespace usher::server {

// What the answers are made of; all of it outlives the server.
struct MetricsSources {
  const Counters& counters;
  const base::Snapshot<ActiveConfig>& active_config;
  const verify::TokenCache& token_cache;
  const base::Clock& clock;
  Readiness& readiness;
  const AdmissionLimit& waiting_limit;
  const AdmissionLimit& batch_limit;
  const ReloadStats& reloads;
  const AuditLog* audit;  // null: none is kept
  const std::vector<std::shared_ptr<Certificates>>& certificates;
};

// The answer to one request. Thread-safe.
httpd::Response AnswerMonitor(const MetricsSources& sources,
                              const httpd::Request& request);

// Serves until the result is destroyed. Failures name the address and say what
// to do.
absl::StatusOr<std::unique_ptr<httpd::Server>> ServeMetrics(
    const std::string& address, const MetricsSources& sources);

}  // namespace usher::server

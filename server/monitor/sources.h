// What /metrics, the probes and the status page show.
#pragma once

#include <memory>
#include <vector>

#include "absl/time/time.h"
#include "lib/base/clock.h"
#include "lib/base/snapshot.h"
#include "lib/introspect/answer_cache.h"
#include "lib/verify/token_cache.h"
#include "server/core/active_config.h"
#include "server/core/admission.h"
#include "server/monitor/readiness.h"
#include "server/net/listener_stats.h"
#include "server/net/tls/certificates.h"
#include "server/stats/audit_log.h"
#include "server/stats/counters.h"
#include "server/stats/reload_stats.h"
#include "server/stats/verdict_history.h"

namespace usher::server {

// All of it is thread-safe and outlives the listeners that show it.
struct Sources {
  const base::Clock& clock;
  const base::Snapshot<ActiveConfig>& active_config;
  const verify::TokenCache& token_cache;
  const introspect::AnswerCache& answer_cache;
  const Counters& counters;
  const VerdictHistory& history;
  const ReloadStats& reloads;
  const AdmissionLimit& waiting_limit;
  const AdmissionLimit& batch_limit;
  const verify::SignatureBudget& signature_budget;
  const AuditLog* audit;  // null: there is no audit log
  const std::vector<std::shared_ptr<Certificates>>& certificates;
  const AllListenerStats& listeners;
  Readiness& readiness;
  absl::Time started_at;
};

}  // namespace usher::server

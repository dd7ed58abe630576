// What the status page is made of.
#pragma once

#include "absl/time/time.h"
#include "lib/base/clock.h"
#include "lib/base/snapshot.h"
#include "lib/verify/token_cache.h"
#include "server/core/active_config.h"
#include "server/monitor/readiness.h"
#include "server/stats/counters.h"
#include "server/stats/reload_stats.h"
#include "server/stats/verdict_history.h"

namespace usher::status_page {

// All of it outlives the page and is thread-safe.
struct Sources {
  const base::Snapshot<server::ActiveConfig>& active_config;
  const verify::TokenCache& token_cache;
  const server::Counters& counters;
  const server::VerdictHistory& history;
  server::Readiness& readiness;
  const base::Clock& clock;
  const server::ReloadStats& reloads;
  absl::Time started_at;
};

}  // namespace usher::status_page

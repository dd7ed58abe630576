// What the status page is made of.
#pragma once

#include "absl/time/time.h"
#include "lib/base/clock.h"
#include "lib/base/snapshot.h"
#include "lib/verify/token_cache.h"
#include "server/in_force.h"
#include "server/readiness.h"
#include "server/reload_tallies.h"
#include "server/tallies.h"
#include "server/verdict_history.h"

namespace usher::status_page {

// All of it outlives the page and is thread-safe.
struct Sources {
  const base::Snapshot<server::InForce>& in_force;
  const verify::TokenCache& token_cache;
  const server::Tallies& tallies;
  const server::VerdictHistory& history;
  server::Readiness& readiness;
  const base::Clock& clock;
  const server::ReloadTallies& reloads;
  absl::Time started_at;
};

}  // namespace usher::status_page

// What the status page is made of.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "lib/base/clock.h"
#include "lib/base/snapshot.h"
#include "lib/issuer/registry.h"
#include "lib/verify/token_cache.h"
#include "lib/verify/verifier.h"
#include "server/readiness.h"
#include "server/tallies.h"
#include "server/verdict_history.h"

namespace usher::status_page {

// All of it outlives the page and is thread-safe.
struct Sources {
  const base::Snapshot<issuer::Registry>& issuers;
  const verify::Verifier& verifier;
  const verify::TokenCache& token_cache;
  const server::Tallies& tallies;
  const server::VerdictHistory& history;
  server::Readiness& readiness;
  const base::Clock& clock;
  absl::Time started_at;
  // What loosens security in the configuration in force, in words.
  std::function<std::vector<std::string>()> warnings;
};

}  // namespace usher::status_page

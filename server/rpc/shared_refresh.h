// Lets the calls of RefreshKeys share fetches, so that a caller in a loop does
// not ask a provider as fast as it answers.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "lib/base/clock.h"
#include "lib/base/mutex.h"
#include "lib/base/scheduler.h"
#include "lib/jwks/cache.h"

namespace usher::server {

// Thread-safe.
class SharedRefresh {
 public:
  // Between the beginnings of two fetches of one issuer.
  static constexpr absl::Duration kPause = absl::Seconds(5);

  // Both outlive it and every callback.
  SharedRefresh(const base::Clock& clock, base::Scheduler& scheduler);
  ~SharedRefresh();  // as Stop()

  // Calls `done` once, when a fetch of `keys` has ended that began after this
  // call: at once, or kPause after the one before, together with all calls that
  // came until then. Does not wait.
  using Done = jwks::Cache::RefreshCallback;
  void Refresh(std::shared_ptr<jwks::Cache> keys, Done done);

  // Ends the calls whose fetch has not begun with kCancelled, and lets no more
  // begin.
  void Stop();

 private:
  class State;
  const std::shared_ptr<State> state_;  // also of the scheduled fetches
};

}  // namespace usher::server

// Whether usherd is ready: it has keys for every required issuer and is not
// being stopped. gRPC health, /readyz, the metric and the status page all ask
// here.
//
// After usherd has been ready once, an issuer that a reload adds counts only
// from the moment it first has keys: one new issuer must not make every replica
// unready for all the others. docs/adr/0007-reload.md has the reasons.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/mutex.h"
#include "lib/base/snapshot.h"
#include "lib/issuer/registry.h"
#include "server/core/active_config.h"

namespace usher::server {

// Thread-safe.
class Readiness {
 public:
  struct State {
    bool draining = false;
    // Required issuers without usable keys, except new ones.
    std::vector<std::string> lacking;

    // Whether requests may be sent here.
    bool serving() const { return !draining && lacking.empty(); }
    // Why it is not serving, as text; "" while it is.
    std::string WhyNot() const;
  };

  // `notify` updates gRPC health. It is called with each change, one call at a
  // time, and must not call back into this object.
  Readiness(const base::Snapshot<ActiveConfig>& active_config,
            const base::Clock& clock, base::Log& log,
            std::function<void(bool serving)> notify)
      : active_config_(active_config),
        clock_(clock),
        log_(log),
        notify_(std::move(notify)) {}

  // Reads the state of the keys now. When it returns, gRPC health agrees with
  // the result and changes are logged: after /readyz has said ready, health
  // says SERVING.
  State Update();

  // From now on it is not serving, whatever the keys, and health says so.
  void Drain();

 private:
  // `waiting`: all required issuers without usable keys.
  void LogChanges(const issuer::Registry& issuers,
                  const std::vector<std::string>& waiting)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Notify(const State& state) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const base::Snapshot<ActiveConfig>& active_config_;
  const base::Clock& clock_;
  base::Log& log_;
  const std::function<void(bool serving)> notify_;

  base::Mutex mutex_;  // also keeps notifications in order
  bool draining_ ABSL_GUARDED_BY(mutex_) = false;
  bool been_ready_ ABSL_GUARDED_BY(mutex_) = false;
  // At the last update:
  uint64_t generation_ ABSL_GUARDED_BY(mutex_) = 0;
  std::set<std::string> required_ ABSL_GUARDED_BY(mutex_);
  std::set<std::string> waiting_ ABSL_GUARDED_BY(mutex_);
  std::optional<bool> notified_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace usher::server

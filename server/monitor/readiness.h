// Whether usherd can do its work: it has keys for every required issuer and is
// not being stopped. The one truth behind gRPC health, /readyz, the metric and
// the status page.
//
// Once it has been ready, an issuer that a reload brings counts only from when
// it has had keys: one new issuer must not take all replicas away from the
// others. docs/adr/0007-reload.md has the reasons.
#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/snapshot.h"
#include "lib/issuer/registry.h"
#include "server/core/active_config.h"

namespace usher::server {

// Thread-safe.
class Readiness {
 public:
  struct State {
    bool draining = false;
    // Required issuers without usable keys, but for newcomers.
    std::vector<std::string> lacking;

    // Requests may be sent here.
    bool serving() const { return !draining && lacking.empty(); }
    // What keeps it from serving, in words; empty: nothing does.
    std::string WhyNot() const;
  };

  // `tell` passes on what gRPC health is to say from now on. It is called with
  // each change, one call after the other, and must not come back here.
  Readiness(const base::Snapshot<ActiveConfig>& active_config,
            const base::Clock& clock, base::Log& log,
            std::function<void(bool serving)> tell)
      : active_config_(active_config),
        clock_(clock),
        log_(log),
        tell_(std::move(tell)) {}

  // Looks at the keys now. When it returns health says the same as the answer,
  // and what changed is in the log: whoever has seen /readyz say ready finds
  // health SERVING.
  State Look();

  // From now on it does not serve, whatever the keys, and health says so.
  void Drain();

 private:
  // `waiting`: all required issuers without usable keys.
  void Note(const issuer::Registry& issuers,
            const std::vector<std::string>& waiting);
  void Tell(const State& state);

  const base::Snapshot<ActiveConfig>& active_config_;
  const base::Clock& clock_;
  base::Log& log_;
  const std::function<void(bool serving)> tell_;

  std::mutex mutex_;  // guards all below, and the order of what is told
  bool draining_ = false;
  bool been_ready_ = false;
  // At the last look:
  uint64_t generation_ = 0;
  std::set<std::string> required_;
  std::set<std::string> waiting_;
  std::optional<bool> told_;
};

}  // namespace usher::server

// Whether usherd can do its work: it has keys for every required issuer and is
// not being stopped. The one truth behind gRPC health, /readyz, the metric and
// the status page.
#pragma once

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

namespace usher::server {

// Thread-safe.
class Readiness {
 public:
  struct State {
    bool draining = false;
    std::vector<std::string> lacking;  // required issuers without usable keys

    // Requests may be sent here.
    bool serving() const { return !draining && lacking.empty(); }
    // What keeps it from serving, in words; empty: nothing does.
    std::string WhyNot() const;
  };

  // `tell` passes on what gRPC health is to say from now on. It is called with
  // each change, one call after the other, and must not come back here.
  Readiness(const base::Snapshot<issuer::Registry>& issuers,
            const base::Clock& clock, base::Log& log,
            std::function<void(bool serving)> tell)
      : issuers_(issuers), clock_(clock), log_(log), tell_(std::move(tell)) {}

  // Looks at the keys now. When it returns health says the same as the answer,
  // and what changed is in the log: whoever has seen /readyz say ready finds
  // health SERVING.
  State Look();

  // From now on it does not serve, whatever the keys, and health says so.
  void Drain();

 private:
  void Note(const issuer::Registry& issuers,
            const std::vector<std::string>& lacking);
  void Tell(const State& state);

  const base::Snapshot<issuer::Registry>& issuers_;
  const base::Clock& clock_;
  base::Log& log_;
  const std::function<void(bool serving)> tell_;

  std::mutex mutex_;  // guards all below, and the order of what is told
  bool draining_ = false;
  bool looked_ = false;
  std::set<std::string> lacking_;  // at the last look
  std::optional<bool> told_;
};

}  // namespace usher::server

// Whether usherd can do its work: it has keys for every required issuer and is
// not being stopped.
#pragma once

#include <atomic>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/snapshot.h"
#include "lib/issuer/registry.h"

namespace usher::server {

// Thread-safe.
class Readiness {
 public:
  Readiness(const base::Snapshot<issuer::Registry>& issuers,
            const base::Clock& clock, base::Log& log)
      : issuers_(issuers), clock_(clock), log_(log) {}

  // Looks again, and writes what changed to the log. Returns whether requests
  // are to be sent here.
  bool Update();

  // From now on the answer is no, whatever the keys.
  void Drain() { draining_.store(true, std::memory_order_release); }
  bool draining() const { return draining_.load(std::memory_order_acquire); }

  // What keeps it from being ready, in words; empty: ready.
  std::string WhyNot() const;

 private:
  const base::Snapshot<issuer::Registry>& issuers_;
  const base::Clock& clock_;
  base::Log& log_;
  std::atomic<bool> draining_{false};

  std::mutex mutex_;
  bool looked_ = false;
  std::set<std::string> lacking_;  // at the last look
};

}  // namespace usher::server

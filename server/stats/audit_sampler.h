// Which verdicts get a line in the audit log: a share of the verified ones, and
// all others up to a number per second.
#pragma once

#include <atomic>
#include <cmath>
#include <cstddef>
#include <cstdint>

#include "absl/time/time.h"
#include "lib/base/rate_limit.h"

namespace usher::server {

// Thread-safe, without a lock. Threads that race when a new second begins may
// let a few more lines through.
class AuditSampler {
 public:
  // `verified` is a share, 0 to 1.
  AuditSampler(double verified, size_t refused_per_second)
      : verified_(verified), refused_(refused_per_second) {}

  // Evenly, every n-th: random choice would need a generator in each thread.
  bool WantsVerified() {
    const auto seen =
        static_cast<double>(seen_.fetch_add(1, std::memory_order_relaxed));
    return std::floor((seen + 1) * verified_) > std::floor(seen * verified_);
  }

  bool WantsRefused(absl::Time now) { return refused_.Allows(now); }

  // The number of refusals left out since the last call.
  uint64_t TakeLeftOut() { return refused_.TakeRefused(); }

 private:
  const double verified_;
  std::atomic<uint64_t> seen_{0};
  base::RateLimit refused_;
};

}  // namespace usher::server

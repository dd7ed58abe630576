// Which verdicts get a line in the audit log: a share of the verified, and of
// the others all, up to so many a second.
#pragma once

#include <atomic>
#include <cmath>
#include <cstddef>
#include <cstdint>

#include "absl/time/time.h"
#include "lib/base/rate_limit.h"

namespace usher::server {

// Thread-safe, without a lock. Threads that meet at the turn of a second may
// let a few lines more through.
class AuditSampler {
 public:
  // `verified` is a share, 0 to 1.
  AuditSampler(double verified, size_t refused_per_second)
      : verified_(verified), refused_(refused_per_second) {}

  // One in so many, evenly: chance would need a generator in each thread, and
  // could miss for long.
  bool WantsVerified() {
    const auto seen =
        static_cast<double>(seen_.fetch_add(1, std::memory_order_relaxed));
    return std::floor((seen + 1) * verified_) > std::floor(seen * verified_);
  }

  bool WantsRefused(absl::Time now) { return refused_.Allows(now); }

  // Refusals left out since this was last asked.
  uint64_t TakeLeftOut() { return refused_.TakeRefused(); }

 private:
  const double verified_;
  std::atomic<uint64_t> seen_{0};
  base::RateLimit refused_;
};

}  // namespace usher::server

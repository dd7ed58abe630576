// Which verdicts get a line in the audit log: a share of the verified ones, and
// all others up to a number per second.
#pragma once

#include <atomic>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "absl/time/time.h"

namespace usher::server {

// Thread-safe, without a lock. Threads that race when a new second begins may
// let a few more lines through.
class AuditSampler {
 public:
  // `verified` is a share, 0 to 1.
  AuditSampler(double verified, size_t refused_per_second)
      : verified_(verified), refused_per_second_(refused_per_second) {}

  // Evenly, every n-th: random choice would need a generator in each thread.
  bool WantsVerified() {
    const auto seen =
        static_cast<double>(seen_.fetch_add(1, std::memory_order_relaxed));
    return std::floor((seen + 1) * verified_) > std::floor(seen * verified_);
  }

  bool WantsRefused(absl::Time now) {
    const int64_t second = absl::ToUnixSeconds(now);
    if (second_.exchange(second, std::memory_order_relaxed) != second) {
      in_second_.store(0, std::memory_order_relaxed);
    }
    if (in_second_.fetch_add(1, std::memory_order_relaxed) <
        refused_per_second_) {
      return true;
    }
    left_out_.fetch_add(1, std::memory_order_relaxed);
    return false;
  }

  // The number of refusals left out since the last call.
  uint64_t TakeLeftOut() {
    return left_out_.exchange(0, std::memory_order_relaxed);
  }

 private:
  const double verified_;
  const size_t refused_per_second_;
  std::atomic<uint64_t> seen_{0};
  std::atomic<int64_t> second_{-1};
  std::atomic<size_t> in_second_{0};
  std::atomic<uint64_t> left_out_{0};
};

}  // namespace usher::server

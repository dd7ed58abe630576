// A limit of lines per second, for what an attacker can cause without end.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "absl/time/time.h"

namespace usher::base {

// Thread-safe, without a lock. Threads that meet when a second ends may pass a
// few more than the limit.
class RateLimit {
 public:
  explicit RateLimit(size_t per_second) : per_second_(per_second) {}

  // Whether one more may pass in the second of `now`; if not, it is counted.
  bool Allows(absl::Time now) {
    const int64_t second = absl::ToUnixSeconds(now);
    if (second_.exchange(second, std::memory_order_relaxed) != second) {
      in_second_.store(0, std::memory_order_relaxed);
    }
    if (in_second_.fetch_add(1, std::memory_order_relaxed) < per_second_) {
      return true;
    }
    refused_.fetch_add(1, std::memory_order_relaxed);
    return false;
  }

  // How many did not pass since the last call.
  uint64_t TakeRefused() {
    return refused_.exchange(0, std::memory_order_relaxed);
  }

 private:
  const size_t per_second_;
  std::atomic<int64_t> second_{-1};
  std::atomic<size_t> in_second_{0};
  std::atomic<uint64_t> refused_{0};
};

}  // namespace usher::base

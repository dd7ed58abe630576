// A histogram of durations without a lock: prometheus-cpp's own takes a mutex
// on every observation.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "absl/time/time.h"

namespace usher::server {

// Thread-safe. A concurrent read may miss the newest observations.
class LatencyHistogram {
 public:
  // Upper bounds in seconds: from a hit in the token cache to a fetch that
  // times out.
  static constexpr auto kBounds = std::to_array<double>(
      {10e-6, 25e-6, 50e-6, 100e-6, 250e-6, 500e-6, 1e-3, 2.5e-3, 5e-3, 10e-3,
       25e-3, 50e-3, 100e-3, 250e-3, 500e-3, 1, 2.5, 5});

  void Observe(absl::Duration took) {
    const double seconds = absl::ToDoubleSeconds(took);
    const size_t bucket =
        std::lower_bound(kBounds.begin(), kBounds.end(), seconds) -
        kBounds.begin();
    counts_[bucket].fetch_add(1, std::memory_order_relaxed);
    nanoseconds_.fetch_add(std::max<int64_t>(0, absl::ToInt64Nanoseconds(took)),
                           std::memory_order_relaxed);
  }

  // Observations in bucket `index`. The last bucket has those above all bounds.
  uint64_t count(size_t index) const {
    return counts_[index].load(std::memory_order_relaxed);
  }
  double sum_seconds() const {
    return static_cast<double>(nanoseconds_.load(std::memory_order_relaxed)) *
           1e-9;
  }

 private:
  std::array<std::atomic<uint64_t>, kBounds.size() + 1> counts_{};
  std::atomic<uint64_t> nanoseconds_{0};
};

}  // namespace usher::server

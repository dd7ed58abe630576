// The number of verdicts, by result, in each slice of the last 15 minutes. The
// status page draws it.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "lib/base/mutex.h"
#include "server/stats/counters.h"
#include "usher/reason.h"

namespace usher::server {

// Thread-safe. About 45 KiB, always. Requests do not touch it.
class VerdictHistory {
 public:
  using Time = std::chrono::steady_clock::time_point;
  using Totals = IssuerCounterBy<VerdictResult>::Totals;
  static constexpr std::chrono::seconds kSlice{5};
  static constexpr size_t kSlices = 180;

  // The first slice begins at `now`.
  explicit VerdictHistory(Time now) : slice_began_(now) {}

  // Call it several times per slice. If a slice has ended by `now`, it asks for
  // the counts since the start of the process and keeps the increase. If
  // several slices have ended, the first of them gets the whole increase.
  void Update(Time now, const std::function<Totals()>& totals);

  // One result that occurred in these slices, or "verified".
  struct Series {
    std::optional<Reason> reason;  // absent: verified
    std::vector<uint32_t> counts;  // of whole slices, oldest first
  };
  // Verified first, then in the order of the Reason table. All have the same
  // length, at most kSlices.
  std::vector<Series> Read() const;

 private:
  using Slice = std::array<uint32_t, std::tuple_size_v<Totals>>;
  void Push(const Slice& slice) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  mutable base::Mutex mutex_;
  Time slice_began_ ABSL_GUARDED_BY(mutex_);
  Totals before_ ABSL_GUARDED_BY(mutex_){};
  std::array<Slice, kSlices> ring_ ABSL_GUARDED_BY(mutex_){};
  size_t next_ ABSL_GUARDED_BY(mutex_) = 0;    // where the next slice goes
  size_t filled_ ABSL_GUARDED_BY(mutex_) = 0;  // at most kSlices
};

}  // namespace usher::server

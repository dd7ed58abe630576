// How many verdicts there were, by result, in each slice of the last minutes:
// what the status page draws.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <vector>

#include "server/stats/counters.h"
#include "usher/reason.h"

namespace usher::server {

// Thread-safe. Some 45 KiB, whatever happens; nothing of it is on a request's
// path.
class VerdictHistory {
 public:
  using Time = std::chrono::steady_clock::time_point;
  using Totals = Counters::VerdictTotals;
  static constexpr std::chrono::seconds kSlice{5};
  static constexpr size_t kSlices = 180;

  // The first slice begins at `now`.
  explicit VerdictHistory(Time now) : slice_began_(now) {}

  // To be called several times a slice. Where a slice has ended by `now`, asks
  // for the counts since the start of the process and keeps what came on top.
  // Where several have ended, the first of them has it all.
  void Look(Time now, const std::function<Totals()>& totals);

  // One result that occurred within the slices kept, or "verified".
  struct Series {
    std::optional<Reason> reason;  // absent: verified
    std::vector<uint32_t> counts;  // of whole slices, the oldest first
  };
  // In the order of the Reason table, the verified first. All are of one
  // length, at most kSlices.
  std::vector<Series> Read() const;

 private:
  using Slice = std::array<uint32_t, Counters::kVerdicts>;
  void Push(const Slice& slice);

  mutable std::mutex mutex_;
  Time slice_began_;
  Totals before_{};
  std::array<Slice, kSlices> ring_{};
  size_t next_ = 0;    // where the next slice goes
  size_t filled_ = 0;  // at most kSlices
};

}  // namespace usher::server

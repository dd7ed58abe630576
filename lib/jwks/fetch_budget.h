// How many fetches tokens may cause: a token bucket. Pure.
//
// Everyone can make up a token whose key is unknown. So the fetches that tokens
// cause have one budget per issuer, whatever the tokens say: some at once,
// because a rotation must not wait, then one in each `refill`.
#pragma once

#include <algorithm>

#include "absl/time/time.h"

namespace usher::jwks {

// Not thread-safe.
class FetchBudget {
 public:
  static constexpr int kBurst = 3;

  explicit FetchBudget(absl::Duration refill) : refill_(refill) {}

  // When the next fetch may begin: `now` or later.
  absl::Time NextAt(absl::Time now) const {
    return std::max(now, FullAt(now) - refill_ * (kBurst - 1));
  }

  // Whether there was no fetch for a while.
  bool IsFull(absl::Time now) const { return FullAt(now) <= now; }

  // Counts a fetch that begins now, whether it will succeed or not.
  void Take(absl::Time now) { full_at_ = std::max(FullAt(now), now) + refill_; }

 private:
  // Bounded: the clock may have been set back.
  absl::Time FullAt(absl::Time now) const {
    return std::min(full_at_, now + refill_ * kBurst);
  }

  const absl::Duration refill_;
  // When the budget is back at kBurst.
  absl::Time full_at_ = absl::InfinitePast();
};

}  // namespace usher::jwks

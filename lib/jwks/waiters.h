// Those who wait for one fetch.
#pragma once

#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "lib/jwks/cache.h"

namespace usher::jwks {

// Waits that end within the same 10 ms are one batch, so that 20 000 of them
// need one timer at a time and at most a hundred batches a second. Ends are
// rounded down: nobody waits longer than asked. Not thread-safe.
class Waiters {
 public:
  void Add(absl::Time until, absl::Time now, Cache::Waiter waiter) {
    constexpr absl::Duration kBatch = absl::Milliseconds(10);
    const absl::Time rounded =
        absl::UnixEpoch() + absl::Floor(until - absl::UnixEpoch(), kBatch);
    batches_[rounded > now ? rounded : until].push_back(std::move(waiter));
    ++size_;
  }

  // When the first batch ends; absent without any.
  std::optional<absl::Time> first_end() const {
    if (batches_.empty()) return std::nullopt;
    return batches_.begin()->first;
  }

  // Those whose wait has ended by `end`, in the order of their ends.
  std::vector<Cache::Waiter> TakeUntil(absl::Time end) {
    std::vector<Cache::Waiter> taken;
    while (!batches_.empty() && batches_.begin()->first <= end) {
      for (Cache::Waiter& waiter : batches_.begin()->second) {
        taken.push_back(std::move(waiter));
      }
      batches_.erase(batches_.begin());
    }
    size_ -= taken.size();
    return taken;
  }
  std::vector<Cache::Waiter> TakeAll() {
    return TakeUntil(absl::InfiniteFuture());
  }

  size_t size() const { return size_; }

 private:
  std::map<absl::Time, std::vector<Cache::Waiter>> batches_;
  size_t size_ = 0;
};

}  // namespace usher::jwks

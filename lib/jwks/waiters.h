// The requests that wait for one fetch.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/time/time.h"

namespace usher::jwks {

// How a wait for keys ended.
enum class WaitOutcome {
  kRefreshed,  // a fetch has succeeded: look for the key again
  kNotFound,   // the provider was asked and has no other key
  kUndecided,  // cannot be decided now: retry later
};
using Waiter = absl::AnyInvocable<void(WaitOutcome)>;

// Waits that end within the same 10 ms are one batch, so that 20 000 waits need
// one timer at a time and at most a hundred batches a second. Ends are rounded
// down: no wait is longer than requested. Not thread-safe.
class Waiters {
 public:
  void Add(absl::Time until, absl::Time now, Waiter waiter) {
    constexpr absl::Duration kBatch = absl::Milliseconds(10);
    const absl::Time rounded =
        absl::UnixEpoch() + absl::Floor(until - absl::UnixEpoch(), kBatch);
    batches_[rounded > now ? rounded : until].push_back(std::move(waiter));
    ++size_;
  }

  // When the first batch ends. Absent: there is none.
  std::optional<absl::Time> first_end() const {
    if (batches_.empty()) return std::nullopt;
    return batches_.begin()->first;
  }

  // Removes those whose wait ends no later than `end`, in that order.
  std::vector<Waiter> TakeUntil(absl::Time end) {
    std::vector<Waiter> taken;
    while (!batches_.empty() && batches_.begin()->first <= end) {
      for (Waiter& waiter : batches_.begin()->second) {
        taken.push_back(std::move(waiter));
      }
      batches_.erase(batches_.begin());
    }
    size_ -= taken.size();
    return taken;
  }
  std::vector<Waiter> TakeAll() { return TakeUntil(absl::InfiniteFuture()); }

  size_t size() const { return size_; }

 private:
  std::map<absl::Time, std::vector<Waiter>> batches_;
  size_t size_ = 0;
};

}  // namespace usher::jwks

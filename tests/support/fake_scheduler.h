// A Scheduler whose time is a FakeClock's: work runs inside AdvanceTo().
#pragma once

#include <map>
#include <mutex>
#include <utility>

#include "absl/functional/any_invocable.h"
#include "absl/time/time.h"
#include "lib/base/scheduler.h"
#include "tests/support/fake_clock.h"

namespace usher::testing {

// Thread-safe, so that TSan tests may schedule from several threads.
class FakeScheduler final : public base::Scheduler {
 public:
  explicit FakeScheduler(FakeClock& clock) : clock_(clock) {}

  Ticket At(absl::Time when, absl::AnyInvocable<void()> work) override {
    std::lock_guard lock(mutex_);
    const Ticket ticket = next_++;
    due_.emplace(std::pair(when, ticket), std::move(work));
    return ticket;
  }

  void Cancel(Ticket ticket) override {
    std::lock_guard lock(mutex_);
    for (auto entry = due_.begin(); entry != due_.end(); ++entry) {
      if (entry->first.second != ticket) continue;
      due_.erase(entry);
      return;
    }
  }

  // Moves the clock on by `by`, running what falls due on the way at its own
  // time, in order; what that work schedules within the span runs too.
  void Advance(absl::Duration by) {
    const absl::Time end = clock_.Now() + by;
    while (true) {
      absl::AnyInvocable<void()> work;
      {
        std::lock_guard lock(mutex_);
        if (due_.empty() || due_.begin()->first.first > end) break;
        if (due_.begin()->first.first > clock_.Now()) {
          clock_.Set(due_.begin()->first.first);
        }
        work = std::move(due_.begin()->second);
        due_.erase(due_.begin());
      }
      work();
    }
    clock_.Set(end);
  }

  // Runs what is due now.
  void RunDue() { Advance(absl::ZeroDuration()); }

  size_t pending() const {
    std::lock_guard lock(mutex_);
    return due_.size();
  }
  // When the first piece of work is due; InfiniteFuture without any.
  absl::Time next_due() const {
    std::lock_guard lock(mutex_);
    return due_.empty() ? absl::InfiniteFuture() : due_.begin()->first.first;
  }

 private:
  FakeClock& clock_;
  mutable std::mutex mutex_;
  std::map<std::pair<absl::Time, Ticket>, absl::AnyInvocable<void()>> due_;
  Ticket next_ = 1;
};

}  // namespace usher::testing

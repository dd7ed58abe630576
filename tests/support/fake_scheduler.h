// A Scheduler on a FakeClock: work runs inside Advance().
#pragma once

#include <map>
#include <utility>

#include "absl/functional/any_invocable.h"
#include "absl/time/time.h"
#include "lib/base/mutex.h"
#include "lib/base/scheduler.h"
#include "tests/support/fake_clock.h"

namespace usher::testing {

// Thread-safe, so that tests under TSan may schedule from several threads.
class FakeScheduler final : public base::Scheduler {
 public:
  explicit FakeScheduler(FakeClock& clock) : clock_(clock) {}

  Ticket At(absl::Time when, absl::AnyInvocable<void()> work) override {
    const base::MutexLock lock(mutex_);
    const Ticket ticket = next_++;
    due_.emplace(std::pair(when, ticket), std::move(work));
    return ticket;
  }

  void Cancel(Ticket ticket) override {
    const base::MutexLock lock(mutex_);
    for (auto entry = due_.begin(); entry != due_.end(); ++entry) {
      if (entry->first.second != ticket) continue;
      due_.erase(entry);
      return;
    }
  }

  // Advances the clock by `by`. Work that is due on the way runs at its own
  // time, in order; work that it schedules within the span runs too.
  void Advance(absl::Duration by) {
    const absl::Time end = clock_.Now() + by;
    while (true) {
      absl::AnyInvocable<void()> work;
      {
        const base::MutexLock lock(mutex_);
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
    const base::MutexLock lock(mutex_);
    return due_.size();
  }
  // When the first piece of work is due; InfiniteFuture without any.
  absl::Time next_due() const {
    const base::MutexLock lock(mutex_);
    return due_.empty() ? absl::InfiniteFuture() : due_.begin()->first.first;
  }

 private:
  FakeClock& clock_;
  mutable base::Mutex mutex_;
  std::map<std::pair<absl::Time, Ticket>, absl::AnyInvocable<void()>> due_
      ABSL_GUARDED_BY(mutex_);
  Ticket next_ ABSL_GUARDED_BY(mutex_) = 1;
};

}  // namespace usher::testing

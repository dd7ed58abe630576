// Runs work later: refreshes that become due, waits that end.
//
// An interface because tests control time: tests/support/fake_scheduler.h.
#pragma once

#include <cstdint>
#include <map>
#include <thread>
#include <unordered_map>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/time/time.h"
#include "lib/base/clock.h"
#include "lib/base/mutex.h"

namespace usher::base {

class Scheduler {
 public:
  using Ticket = uint64_t;

  virtual ~Scheduler() = default;

  // Runs `work` once, at `when` or as soon after as it can. Never inline.
  // `work` must be short and must not block: all work shares one thread.
  virtual Ticket At(absl::Time when, absl::AnyInvocable<void()> work) = 0;

  // Drops the work of `ticket` if it has not begun. It may still be running
  // when this returns.
  virtual void Cancel(Ticket ticket) = 0;
};

// One thread that sleeps until the next work is due. It uses the wall clock; a
// clock that is set back delays work by as much. Thread-safe. The destructor
// drops work that has not begun and waits for work that has.
class ThreadScheduler final : public Scheduler {
 public:
  explicit ThreadScheduler(const Clock& clock);
  ~ThreadScheduler() override;

  Ticket At(absl::Time when, absl::AnyInvocable<void()> work) override;
  void Cancel(Ticket ticket) override;

 private:
  void Run();

  const Clock& clock_;
  Mutex mutex_;
  CondVar changed_;
  // Ordered by (time, ticket): work of one time runs in the order of At().
  std::map<std::pair<absl::Time, Ticket>, absl::AnyInvocable<void()>> due_
      ABSL_GUARDED_BY(mutex_);
  std::unordered_map<Ticket, absl::Time> when_ ABSL_GUARDED_BY(mutex_);
  Ticket next_ ABSL_GUARDED_BY(mutex_) = 1;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace usher::base

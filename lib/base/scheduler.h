// Runs work later: refreshes that fall due, waits that end.
//
// An interface because tests move time by hand: tests/support/fake_scheduler.h.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <thread>
#include <unordered_map>

#include "absl/time/time.h"
#include "lib/base/clock.h"

namespace usher::base {

class Scheduler {
 public:
  using Ticket = uint64_t;

  virtual ~Scheduler() = default;

  // Runs `work` once, at `when` or as soon after as it can. Never inline.
  // `work` must be short and must not block: all of it shares one thread.
  virtual Ticket At(absl::Time when, std::function<void()> work) = 0;

  // Forgets `ticket` if it has not begun. It may be running as this returns.
  virtual void Cancel(Ticket ticket) = 0;
};

// One thread that sleeps until the next piece of work is due. Time is the wall
// clock's; a clock set back delays work by as much. Thread-safe. The destructor
// drops work that has not begun and waits for the piece that has.
class ThreadScheduler final : public Scheduler {
 public:
  explicit ThreadScheduler(const Clock& clock);
  ~ThreadScheduler() override;

  Ticket At(absl::Time when, std::function<void()> work) override;
  void Cancel(Ticket ticket) override;

 private:
  void Run();

  const Clock& clock_;
  std::mutex mutex_;
  std::condition_variable changed_;
  // Ordered by (due, ticket): equal times run in the order they were asked.
  std::map<std::pair<absl::Time, Ticket>, std::function<void()>> due_;
  std::unordered_map<Ticket, absl::Time> when_;
  Ticket next_ = 1;
  bool stopping_ = false;
  std::thread thread_;  // last: starts when all else is there
};

}  // namespace usher::base

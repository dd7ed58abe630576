#include "lib/base/scheduler.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace usher::base {

ThreadScheduler::ThreadScheduler(const Clock& clock)
    : clock_(clock), thread_([this] { Run(); }) {}

ThreadScheduler::~ThreadScheduler() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

Scheduler::Ticket ThreadScheduler::At(absl::Time when,
                                      std::function<void()> work) {
  Ticket ticket;
  {
    std::lock_guard lock(mutex_);
    ticket = next_++;
    when_.emplace(ticket, when);
    due_.emplace(std::pair(when, ticket), std::move(work));
  }
  changed_.notify_one();
  return ticket;
}

void ThreadScheduler::Cancel(Ticket ticket) {
  // Destroyed outside the lock: what the work holds may cancel in turn.
  decltype(due_)::node_type cancelled;
  std::lock_guard lock(mutex_);
  auto found = when_.find(ticket);
  if (found == when_.end()) return;
  cancelled = due_.extract({found->second, ticket});
  when_.erase(found);
}

void ThreadScheduler::Run() {
  // Looked at again at least this often, so that a wall clock set forward is
  // noticed.
  constexpr absl::Duration kLongestSleep = absl::Seconds(1);

  std::unique_lock lock(mutex_);
  while (!stopping_) {
    if (due_.empty()) {
      changed_.wait(lock);
      continue;
    }
    const absl::Duration left = due_.begin()->first.first - clock_.Now();
    if (left > absl::ZeroDuration()) {
      changed_.wait_for(
          lock, absl::ToChronoNanoseconds(std::min(left, kLongestSleep)));
      continue;
    }
    auto first = due_.begin();
    std::function<void()> work = std::move(first->second);
    when_.erase(first->first.second);
    due_.erase(first);
    lock.unlock();
    work();
    work = nullptr;  // whatever it holds is let go outside the lock
    lock.lock();
  }
}

}  // namespace usher::base

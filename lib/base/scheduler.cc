#include "lib/base/scheduler.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace usher::base {

ThreadScheduler::ThreadScheduler(const Clock& clock)
    : clock_(clock), thread_([this] { Run(); }) {}

ThreadScheduler::~ThreadScheduler() {
  {
    MutexLock lock(mutex_);
    stopping_ = true;
  }
  changed_.Signal();
  thread_.join();
}

Scheduler::Ticket ThreadScheduler::At(absl::Time when,
                                      absl::AnyInvocable<void()> work) {
  Ticket ticket;
  {
    MutexLock lock(mutex_);
    ticket = next_++;
    when_.emplace(ticket, when);
    due_.emplace(std::pair(when, ticket), std::move(work));
  }
  changed_.Signal();
  return ticket;
}

void ThreadScheduler::Cancel(Ticket ticket) {
  // Destroyed outside the lock: its destructor may call Cancel() too.
  absl::AnyInvocable<void()> cancelled;
  MutexLock lock(mutex_);
  auto found = when_.find(ticket);
  if (found == when_.end()) return;
  const auto entry = due_.find({found->second, ticket});
  cancelled = std::move(entry->second);
  due_.erase(entry);
  when_.erase(found);
}

void ThreadScheduler::Run() {
  // The thread wakes at least this often, to notice a wall clock that was set
  // forward.
  constexpr absl::Duration kLongestSleep = absl::Seconds(1);

  MutexLock lock(mutex_);
  while (!stopping_) {
    if (due_.empty()) {
      changed_.Wait(mutex_);
      continue;
    }
    const absl::Duration left = due_.begin()->first.first - clock_.Now();
    if (left > absl::ZeroDuration()) {
      changed_.WaitUntil(
          mutex_, std::chrono::steady_clock::now() +
                      absl::ToChronoNanoseconds(std::min(left, kLongestSleep)));
      continue;
    }
    auto first = due_.begin();
    absl::AnyInvocable<void()> work = std::move(first->second);
    when_.erase(first->first.second);
    due_.erase(first);
    lock.Unlock();
    work();
    work = nullptr;  // destroys what it holds outside the lock
    lock.Lock();
  }
}

}  // namespace usher::base

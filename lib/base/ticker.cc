#include "lib/base/ticker.h"

#include <utility>

namespace usher::base {

Ticker::Ticker(std::chrono::milliseconds pause, absl::AnyInvocable<void()> task)
    : pause_(pause), task_(std::move(task)), thread_([this] { Run(); }) {}

Ticker::~Ticker() {
  {
    MutexLock lock(mutex_);
    stopping_ = true;
  }
  stopped_.SignalAll();
  thread_.join();
}

void Ticker::Run() {
  MutexLock lock(mutex_);
  while (!stopping_) {
    lock.Unlock();
    task_();
    lock.Lock();
    const auto next = std::chrono::steady_clock::now() + pause_;
    while (!stopping_ && stopped_.WaitUntil(mutex_, next)) {
    }
  }
}

absl::AnyInvocable<void()> LimitDutyCycle(absl::AnyInvocable<void()> task) {
  using Clock = std::chrono::steady_clock;
  return [task = std::move(task), next = Clock::time_point()]() mutable {
    const auto began = Clock::now();
    if (began < next) return;
    task();
    const auto ended = Clock::now();
    next = ended + 19 * (ended - began);
  };
}

}  // namespace usher::base

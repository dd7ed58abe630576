#include "lib/base/executor.h"

#include <utility>

namespace usher::base {

WorkerPool::WorkerPool(size_t threads) {
  threads_.reserve(threads);
  for (size_t i = 0; i < threads; ++i) {
    threads_.emplace_back([this] { Work(); });
  }
}

WorkerPool::~WorkerPool() {
  {
    MutexLock lock(mutex_);
    stopping_ = true;
  }
  queued_.SignalAll();
  for (std::thread& thread : threads_) thread.join();
}

void WorkerPool::Run(absl::AnyInvocable<void()> work) {
  {
    MutexLock lock(mutex_);
    queue_.push_back(std::move(work));
  }
  queued_.Signal();
}

void WorkerPool::Work() {
  MutexLock lock(mutex_);
  while (true) {
    while (!stopping_ && queue_.empty()) queued_.Wait(mutex_);
    if (queue_.empty()) return;
    absl::AnyInvocable<void()> work = std::move(queue_.front());
    queue_.pop_front();
    lock.Unlock();
    work();
    work = nullptr;  // destroys what it holds outside the lock
    lock.Lock();
  }
}

}  // namespace usher::base

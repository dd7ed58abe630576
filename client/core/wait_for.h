// Makes a synchronous call of an asynchronous one.
#pragma once

#include <optional>
#include <utility>

#include "lib/base/mutex.h"

namespace usher::client {

// Runs `start` with a function that takes a T, and waits until somebody has
// called that function, once.
template <typename T, typename Start>
T WaitFor(const Start& start) {
  base::Mutex mutex;
  base::CondVar arrived;
  std::optional<T> value;
  start([&](T brought) {
    // Notifies under the lock: the waiter owns what is notified.
    const base::MutexLock lock(mutex);
    value.emplace(std::move(brought));
    arrived.Signal();
  });
  const base::MutexLock lock(mutex);
  while (!value.has_value()) arrived.Wait(mutex);
  return *std::move(value);
}

}  // namespace usher::client

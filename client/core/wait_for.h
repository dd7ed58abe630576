// Waits for the result of an asynchronous call.
#pragma once

#include <optional>
#include <utility>

#include "lib/base/mutex.h"

namespace usher::client {

// Runs `start` with a callback that takes a T, and blocks until the callback
// has run.
template <typename T, typename Start>
T WaitFor(const Start& start) {
  base::Mutex mutex;
  base::CondVar arrived;
  std::optional<T> value;
  start([&](T result) {
    // Under the lock: the waiting thread owns `arrived`.
    const base::MutexLock lock(mutex);
    value.emplace(std::move(result));
    arrived.Signal();
  });
  const base::MutexLock lock(mutex);
  while (!value.has_value()) arrived.Wait(mutex);
  return *std::move(value);
}

}  // namespace usher::client

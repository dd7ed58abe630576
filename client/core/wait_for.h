// Makes a synchronous call of an asynchronous one.
#pragma once

#include <condition_variable>
#include <mutex>
#include <optional>
#include <utility>

namespace usher::client {

// Runs `start` with a function that takes a T, and waits until somebody has
// called that function, once.
template <typename T, typename Start>
T WaitFor(const Start& start) {
  std::mutex mutex;
  std::condition_variable arrived;
  std::optional<T> value;
  start([&](T brought) {
    // Notifies under the lock: the waiter owns what is notified.
    std::lock_guard lock(mutex);
    value.emplace(std::move(brought));
    arrived.notify_one();
  });
  std::unique_lock lock(mutex);
  arrived.wait(lock, [&] { return value.has_value(); });
  return *std::move(value);
}

}  // namespace usher::client

// Runs a function periodically.
#pragma once

#include <chrono>
#include <functional>
#include <thread>

#include "lib/base/mutex.h"

namespace usher::server {

// Owns a thread. Uses the steady clock: setting the wall clock back must not
// stop the health checks.
class Ticker {
 public:
  // `task` runs at once, and then with `pause` between two runs.
  Ticker(std::chrono::milliseconds pause, std::function<void()> task);
  // Waits for a running task.
  ~Ticker();

 private:
  void Run();

  const std::chrono::milliseconds pause_;
  const std::function<void()> task_;
  base::Mutex mutex_;
  base::CondVar stopped_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;  // last: uses all of the above
};

// `task`, but skips as many runs as needed to use at most a twentieth of the
// time. Not thread-safe.
std::function<void()> LimitDutyCycle(std::function<void()> task);

}  // namespace usher::server

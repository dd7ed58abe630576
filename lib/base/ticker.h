// Runs a function periodically, on a thread of its own.
#pragma once

#include <chrono>
#include <thread>

#include "absl/functional/any_invocable.h"
#include "lib/base/mutex.h"

namespace usher::base {

// Uses the steady clock: setting the wall clock back does not stop it.
class Ticker {
 public:
  // `task` runs at once, and then with `pause` between two runs.
  Ticker(std::chrono::milliseconds pause, absl::AnyInvocable<void()> task);
  // Waits for a running task.
  ~Ticker();

 private:
  void Run();

  const std::chrono::milliseconds pause_;
  absl::AnyInvocable<void()> task_;  // only thread_ calls it
  Mutex mutex_;
  CondVar stopped_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;  // last: uses all of the above
};

// `task`, but it skips as many runs as needed to use at most a twentieth of the
// time. Not thread-safe.
absl::AnyInvocable<void()> LimitDutyCycle(absl::AnyInvocable<void()> task);

}  // namespace usher::base

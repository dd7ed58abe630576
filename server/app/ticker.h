// Does something again and again, for as long as it exists.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace usher::server {

// A thread of its own that goes by the steady clock: setting the wall clock
// back must not stop health from being looked at.
class Ticker {
 public:
  // `beat` runs at once and then with `pause` between two runs.
  Ticker(std::chrono::milliseconds pause, std::function<void()> beat);
  // Waits for a beat under way; none follows.
  ~Ticker();

 private:
  void Run();

  const std::chrono::milliseconds pause_;
  const std::function<void()> beat_;
  std::mutex mutex_;
  std::condition_variable stopped_;
  bool stopping_ = false;
  std::thread thread_;  // last: starts when all else is there
};

// `beat`, leaving out as many turns as it needs to take a twentieth of the time
// at most. Not thread-safe.
std::function<void()> Sparing(std::function<void()> beat);

}  // namespace usher::server

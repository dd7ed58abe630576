// A few threads for work that may not run where it becomes due: judging the
// tokens that waited for a fetch, on anything but the fetching thread.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace usher::base {

class Executor {
 public:
  virtual ~Executor() = default;
  // Runs `work` once, soon. May run it inline.
  virtual void Run(std::function<void()> work) = 0;
};

// Thread-safe. The queue has no bound of its own: what is queued is bounded by
// whoever admits requests. The destructor runs what is queued, then returns.
class WorkerPool final : public Executor {
 public:
  explicit WorkerPool(size_t threads);
  ~WorkerPool() override;

  void Run(std::function<void()> work) override;

 private:
  void Work();

  std::mutex mutex_;
  std::condition_variable queued_;
  std::deque<std::function<void()>> queue_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;  // last: start when all else is there
};

// For tests and single-threaded tools: inline.
class InlineExecutor final : public Executor {
 public:
  void Run(std::function<void()> work) override { work(); }
};

}  // namespace usher::base

// Threads for work that must not run where it becomes due: verifying the tokens
// that waited for a fetch, on any thread but the fetching one.
#pragma once

#include <cstddef>
#include <deque>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "lib/base/mutex.h"

namespace usher::base {

class Executor {
 public:
  virtual ~Executor() = default;
  // Runs `work` once, soon. May run it inline.
  virtual void Run(absl::AnyInvocable<void()> work) = 0;
};

// Thread-safe. The queue has no limit of its own: the admission of requests
// limits what is queued. The destructor runs what is queued, then returns.
class WorkerPool final : public Executor {
 public:
  explicit WorkerPool(size_t threads);
  ~WorkerPool() override;

  void Run(absl::AnyInvocable<void()> work) override;

 private:
  void Work();

  Mutex mutex_;
  CondVar queued_;
  std::deque<absl::AnyInvocable<void()>> queue_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;  // last: they use all of the above
};

// Runs work inline. For tests and single-threaded tools.
class InlineExecutor final : public Executor {
 public:
  void Run(absl::AnyInvocable<void()> work) override { work(); }
};

}  // namespace usher::base

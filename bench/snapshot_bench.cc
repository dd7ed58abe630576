// The cost of reading a value that a writer replaces every millisecond:
// base::Snapshot beside its alternatives, in one run.
//
//   raw pointer         the lower bound: one load, and no value may be freed
//   thread-cached       a shared_ptr per thread, renewed when a generation
//                       number moved: fast, but an idle thread keeps old values
//   others              as the standard library offers them
//
// swaps/s and worst_us show how readers slow the writer down: about 1000 and a
// few are good; if readers starve it, a withdrawn key stays in use.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <thread>
#include <vector>

#include "lib/base/snapshot.h"

namespace {

using Steady = std::chrono::steady_clock;
// As much as a reader of a small key set reads.
using Value = std::array<int, 16>;

class EpochCell {
 public:
  int Read() {
    const auto lease = snapshot_.Read();
    return (*lease)[3];
  }
  void Publish(std::unique_ptr<const Value> next) {
    snapshot_.Publish(std::move(next));
  }

 private:
  usher::base::Snapshot<Value> snapshot_{std::make_unique<const Value>()};
};

class RawCell {
 public:
  int Read() { return (*cell_.load(std::memory_order_acquire))[3]; }
  void Publish(std::unique_ptr<const Value> next) {
    cell_.store(next.get(), std::memory_order_release);
    kept_.push_back(std::move(next));  // never freed while a reader runs
  }

 private:
  const Value first_{};
  std::atomic<const Value*> cell_{&first_};
  std::vector<std::unique_ptr<const Value>> kept_;
};

class ThreadCachedCell {
 public:
  int Read() {
    thread_local uint64_t seen = 0;
    thread_local std::shared_ptr<const Value> mine;
    if (generation_.load(std::memory_order_acquire) != seen) {
      std::lock_guard lock(mutex_);
      mine = value_;
      seen = generation_.load(std::memory_order_relaxed);
    }
    return (*mine)[3];
  }
  void Publish(std::unique_ptr<const Value> next) {
    std::shared_ptr<const Value> shared = std::move(next);
    std::lock_guard lock(mutex_);
    value_.swap(shared);
    generation_.fetch_add(1, std::memory_order_release);
  }

 private:
  // One number for all cells, as the readers' thread-locals are one for all.
  static inline std::atomic<uint64_t> generation_{1};
  std::mutex mutex_;
  std::shared_ptr<const Value> value_ = std::make_shared<const Value>();

 public:
  ThreadCachedCell() { generation_.fetch_add(1); }
};

class MutexCell {
 public:
  int Read() {
    std::shared_ptr<const Value> mine;
    {
      std::lock_guard lock(mutex_);
      mine = value_;
    }
    return (*mine)[3];
  }
  void Publish(std::unique_ptr<const Value> next) {
    std::shared_ptr<const Value> shared = std::move(next);
    std::lock_guard lock(mutex_);
    value_.swap(shared);
  }

 private:
  std::mutex mutex_;
  std::shared_ptr<const Value> value_ = std::make_shared<const Value>();
};

class SharedMutexCell {
 public:
  int Read() {
    std::shared_lock lock(mutex_);
    return (*value_)[3];
  }
  void Publish(std::unique_ptr<const Value> next) {
    std::unique_lock lock(mutex_);
    value_.swap(next);
  }

 private:
  std::shared_mutex mutex_;
  std::unique_ptr<const Value> value_ = std::make_unique<const Value>();
};

class AtomicSharedCell {
 public:
  int Read() { return (*value_.load(std::memory_order_acquire))[3]; }
  void Publish(std::unique_ptr<const Value> next) {
    value_.store(std::move(next), std::memory_order_release);
  }

 private:
  std::atomic<std::shared_ptr<const Value>> value_{
      std::make_shared<const Value>()};
};

// Swaps every millisecond as long as it lives, and times each swap.
template <typename Cell>
class Writer {
 public:
  explicit Writer(Cell& cell) : thread_([this, &cell] { Run(cell); }) {}
  ~Writer() {
    stop_ = true;
    thread_.join();
  }
  double worst_us() const { return worst_us_; }
  int swaps() const { return swaps_; }

 private:
  void Run(Cell& cell) {
    Steady::time_point next = Steady::now();
    while (!stop_) {
      const Steady::time_point began = Steady::now();
      cell.Publish(std::make_unique<const Value>());
      const std::chrono::duration<double, std::micro> took =
          Steady::now() - began;
      worst_us_ = std::max(worst_us_.load(), took.count());
      ++swaps_;
      next = std::max(next + std::chrono::milliseconds(1), began);
      std::this_thread::sleep_until(next);
    }
  }

  std::atomic<bool> stop_{false};
  std::atomic<double> worst_us_{0};
  std::atomic<int> swaps_{0};
  std::thread thread_;  // last: starts when all else is there
};

template <typename Cell>
void Read(benchmark::State& state) {
  static std::unique_ptr<Cell> cell;
  static std::unique_ptr<Writer<Cell>> writer;
  if (state.thread_index() == 0) {
    cell = std::make_unique<Cell>();
    writer = std::make_unique<Writer<Cell>>(*cell);
  }
  const Steady::time_point began = Steady::now();
  for (auto _ : state) benchmark::DoNotOptimize(cell->Read());
  const std::chrono::duration<double> took = Steady::now() - began;
  if (state.thread_index() == 0) {
    state.counters["swaps/s"] = writer->swaps() / took.count();
    state.counters["worst_us"] = writer->worst_us();
    writer.reset();
    cell.reset();
  }
}

#define USHER_READ_BENCH(cell, name) \
  BENCHMARK_TEMPLATE(Read, cell)     \
      ->Name(name)                   \
      ->Threads(1)                   \
      ->Threads(2)                   \
      ->MinTime(0.5)                 \
      ->UseRealTime()

USHER_READ_BENCH(EpochCell, "base::Snapshot");
USHER_READ_BENCH(RawCell, "raw pointer, never freed");
USHER_READ_BENCH(ThreadCachedCell, "thread-cached shared_ptr");
USHER_READ_BENCH(SharedMutexCell, "std::shared_mutex");
USHER_READ_BENCH(MutexCell, "std::mutex + copy");
USHER_READ_BENCH(AtomicSharedCell, "std::atomic<std::shared_ptr>");

}  // namespace

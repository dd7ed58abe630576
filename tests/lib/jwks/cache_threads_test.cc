// Real threads, mainly for ThreadSanitizer: readers, waiters, refreshes and the
// end of the cache at the same time.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "tests/lib/jwks/cache_fixture.h"

namespace usher::jwks {
namespace {

using testing::JwksOf;
using testing::RecordingObserver;

// Answers at once, on its own thread, with two key sets alternately.
class BusyProvider final : public http::Client {
 public:
  void Fetch(http::Request, Done done) override {
    const bool first = ++asked_ % 2 != 0;
    worker_.Run([this, first, done = std::make_shared<Done>(std::move(done))] {
      http::Response response;
      response.status = 200;
      response.body = first ? one_ : two_;
      (*done)(response);
    });
  }
  int asked() const { return asked_; }

 private:
  const std::string one_ = JwksOf({"a", "b"});
  const std::string two_ = JwksOf({"b", "c"});
  std::atomic<int> asked_{0};
  base::WorkerPool worker_{1};
};

TEST(CacheThreads, ReadersSeeWholeKeySetsDuringRefreshes) {
  const base::SystemClock clock;
  RecordingObserver observer;
  std::atomic<int> told{0};
  constexpr int kRefreshes = 200;
  {
    base::ThreadScheduler scheduler(clock);
    base::WorkerPool executor(2);
    BusyProvider provider;
    const auto cache =
        Cache::Create({.issuer_name = "corp",
                       .issuer = "https://login.test",
                       .source = JwksUrl{"https://login.test/jwks"},
                       .fetch = {},
                       .limits = {}},
                      {provider, scheduler, executor, clock, observer});
    cache->Start();
    std::atomic<bool> done{false};
    std::vector<std::thread> readers;
    for (int i = 0; i < 3; ++i) {
      readers.emplace_back([&] {
        uint64_t last = 0;
        while (!done) {
          const auto served = cache->Keys();
          EXPECT_GE(served->generation, last);
          last = served->generation;
          for (const jose::Key& key : served->keys.keys()) {
            EXPECT_TRUE(key.kid().has_value());
          }
          EXPECT_TRUE(served->generation == 0 ||
                      served->keys.keys().size() == 2);
          cache->OutcomeNow({});
          cache->Status();
        }
      });
    }
    for (int i = 0; i < kRefreshes; ++i) {
      cache->Refresh([&](absl::Status status) {
        EXPECT_TRUE(status.ok());
        ++told;
        told.notify_one();
      });
      for (int seen = told; seen <= i / 2; seen = told) told.wait(seen);
    }
    for (int seen = told; seen < kRefreshes; seen = told) told.wait(seen);
    done = true;
    for (std::thread& reader : readers) reader.join();
  }
  EXPECT_EQ(told, kRefreshes);
  EXPECT_EQ(base::Reclaim(), 0u);
}

TEST(CacheThreads, EveryWaiterIsCalledOnce) {
  const base::SystemClock clock;
  RecordingObserver observer;
  constexpr int kThreads = 4;
  constexpr int kEach = 250;
  std::atomic<int> called{0};
  std::atomic<int> settled{0};
  {
    base::ThreadScheduler scheduler(clock);
    base::WorkerPool executor(2);
    BusyProvider provider;
    for (int round = 0; round < 10; ++round) {
      RefreshLimits limits;
      limits.cooldown = absl::Microseconds(1);
      limits.unknown_kid_wait = absl::Milliseconds(round);
      auto cache =
          Cache::Create({.issuer_name = "corp",
                         .issuer = "https://login.test",
                         .source = JwksUrl{"https://login.test/jwks"},
                         .fetch = {},
                         .limits = limits},
                        {provider, scheduler, executor, clock, observer});
      cache->Start();
      std::vector<std::thread> threads;
      for (int i = 0; i < kThreads; ++i) {
        threads.emplace_back([&] {
          for (int n = 0; n < kEach; ++n) {
            if (cache->AwaitKey({}, absl::InfiniteFuture(),
                                [&](Cache::Outcome) { ++called; })) {
              ++settled;
            }
          }
        });
      }
      if (round % 2 == 0) cache->Stop();
      for (std::thread& thread : threads) thread.join();
      cache.reset();
    }
  }
  EXPECT_EQ(called + settled, 10 * kThreads * kEach);
}

}  // namespace
}  // namespace usher::jwks

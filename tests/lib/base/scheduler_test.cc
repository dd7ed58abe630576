#include "lib/base/scheduler.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <memory>
#include <thread>
#include <vector>

#include "tests/support/fake_clock.h"

namespace usher::base {
namespace {

TEST(ThreadScheduler, RunsDueWorkOnItsOwnThread) {
  const SystemClock clock;
  ThreadScheduler scheduler(clock);
  std::promise<std::thread::id> ran;
  scheduler.At(clock.Now(), [&] { ran.set_value(std::this_thread::get_id()); });
  EXPECT_NE(ran.get_future().get(), std::this_thread::get_id());
}

TEST(ThreadScheduler, RunsInTheOrderOfDueTimesThenOfCalls) {
  const testing::FakeClock clock;
  const absl::Time now = clock.Now();
  std::vector<int> order;
  std::promise<void> gate;
  std::promise<void> done;
  ThreadScheduler scheduler(clock);
  scheduler.At(now - absl::Hours(2), [&] { gate.get_future().wait(); });
  scheduler.At(now, [&] { order.push_back(3); });
  scheduler.At(now - absl::Hours(1), [&] { order.push_back(1); });
  scheduler.At(now - absl::Hours(1), [&] { order.push_back(2); });
  scheduler.At(now, [&] { done.set_value(); });
  gate.set_value();
  done.get_future().wait();
  EXPECT_EQ(order, (std::vector<int>{1, 2, 3}));
}

TEST(ThreadScheduler, RunsNothingBeforeItsTime) {
  testing::FakeClock clock;
  std::atomic<bool> early{false};
  {
    ThreadScheduler scheduler(clock);
    std::promise<void> passed;
    scheduler.At(clock.Now() + absl::Hours(1), [&] { early = true; });
    scheduler.At(clock.Now(), [&] { passed.set_value(); });
    passed.get_future().wait();
  }
  EXPECT_FALSE(early);
}

TEST(ThreadScheduler, DoesNotRunCancelledWork) {
  const testing::FakeClock clock;
  const absl::Time now = clock.Now();
  bool ran = false;
  std::promise<void> gate;
  std::promise<void> done;
  ThreadScheduler scheduler(clock);
  scheduler.At(now, [&] { gate.get_future().wait(); });
  const Scheduler::Ticket ticket = scheduler.At(now, [&] { ran = true; });
  scheduler.Cancel(ticket);
  scheduler.Cancel(ticket);
  scheduler.At(now, [&] { done.set_value(); });
  gate.set_value();
  done.get_future().wait();
  EXPECT_FALSE(ran);
}

TEST(ThreadScheduler, LetsTheDestructorOfCancelledWorkCancelOtherWork) {
  const testing::FakeClock clock;
  ThreadScheduler scheduler(clock);
  const absl::Time later = clock.Now() + absl::Hours(1);
  const Scheduler::Ticket first = scheduler.At(later, [] {});
  std::shared_ptr<void> guard(nullptr, [&](void*) { scheduler.Cancel(first); });
  const Scheduler::Ticket second =
      scheduler.At(later, [guard = std::move(guard)] {});
  scheduler.Cancel(second);
}

TEST(ThreadScheduler, AcceptsWorkFromWorkAndFromManyThreads) {
  constexpr int kThreads = 4;
  constexpr int kEach = 200;
  const testing::FakeClock clock;
  std::atomic<int> left{kThreads * kEach};
  std::promise<void> done;
  ThreadScheduler scheduler(clock);
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < kEach; ++n) {
        scheduler.At(clock.Now(), [&] {
          scheduler.At(clock.Now(), [&] {
            if (--left == 0) done.set_value();
          });
        });
        scheduler.Cancel(
            scheduler.At(clock.Now() + absl::Hours(1), [&] { ADD_FAILURE(); }));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  done.get_future().wait();
  EXPECT_EQ(left, 0);
}

TEST(ThreadScheduler, RunsWorkThatCanOnlyBeMoved) {
  const SystemClock clock;
  std::promise<int> ran;
  ThreadScheduler scheduler(clock);
  scheduler.At(clock.Now(), [value = std::make_unique<int>(7), &ran] {
    ran.set_value(*value);
  });
  EXPECT_EQ(ran.get_future().get(), 7);
}

TEST(ThreadScheduler, DropsWorkThatHasNotBegunWhenItIsDestroyed) {
  const testing::FakeClock clock;
  auto held = std::make_shared<int>(1);
  const std::weak_ptr<int> weak = held;
  {
    ThreadScheduler scheduler(clock);
    scheduler.At(clock.Now() + absl::Hours(1), [held = std::move(held)] {});
    EXPECT_FALSE(weak.expired());
  }
  EXPECT_TRUE(weak.expired());
}

}  // namespace
}  // namespace usher::base

#include "lib/base/executor.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <memory>
#include <thread>
#include <vector>

namespace usher::base {
namespace {

TEST(WorkerPool, RunsWorkOnAnotherThread) {
  WorkerPool pool(1);
  std::promise<std::thread::id> ran;
  pool.Run([&] { ran.set_value(std::this_thread::get_id()); });
  EXPECT_NE(ran.get_future().get(), std::this_thread::get_id());
}

TEST(WorkerPool, RunsAsMuchWorkAtOnceAsItHasThreads) {
  WorkerPool pool(2);
  std::promise<void> first;
  std::promise<void> second;
  std::promise<void> both;
  // Each waits for the other: one thread would never end.
  pool.Run([&] {
    first.set_value();
    second.get_future().wait();
    both.set_value();
  });
  pool.Run([&] {
    first.get_future().wait();
    second.set_value();
  });
  both.get_future().wait();
}

TEST(WorkerPool, RunsInOrderOnOneThread) {
  std::vector<int> order;
  {
    WorkerPool pool(1);
    for (int i = 0; i < 100; ++i) pool.Run([&order, i] { order.push_back(i); });
  }
  ASSERT_EQ(order.size(), 100u);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(order[i], i);
}

TEST(WorkerPool, RunsEverythingQueuedBeforeItIsDestroyed) {
  std::atomic<int> ran{0};
  {
    WorkerPool pool(2);
    for (int i = 0; i < 1000; ++i) pool.Run([&] { ++ran; });
  }
  EXPECT_EQ(ran, 1000);
}

TEST(WorkerPool, RunsWorkThatCanOnlyBeMoved) {
  std::promise<int> ran;
  WorkerPool pool(1);
  pool.Run([value = std::make_unique<int>(7), &ran] { ran.set_value(*value); });
  EXPECT_EQ(ran.get_future().get(), 7);
}

TEST(WorkerPool, AcceptsWorkFromItsOwnWork) {
  std::atomic<int> ran{0};
  {
    WorkerPool pool(1);
    pool.Run([&] {
      ++ran;
      pool.Run([&] { ++ran; });
    });
  }
  EXPECT_EQ(ran, 2);
}

TEST(InlineExecutor, RunsAtOnceOnTheSameThread) {
  InlineExecutor executor;
  std::thread::id ran;
  executor.Run([&] { ran = std::this_thread::get_id(); });
  EXPECT_EQ(ran, std::this_thread::get_id());
}

}  // namespace
}  // namespace usher::base

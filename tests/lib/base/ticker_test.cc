#include "lib/base/ticker.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <thread>

namespace usher::base {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

TEST(Ticker, RunsAtOnceAndAgain) {
  std::promise<void> third;
  int runs = 0;
  Ticker ticker(milliseconds(1), [&] {
    if (++runs == 3) third.set_value();
  });
  third.get_future().wait();
}

TEST(Ticker, EndsWithoutWaitingForTheNextRun) {
  std::atomic<int> runs = 0;
  {
    Ticker ticker(hours(1), [&] { ++runs; });
  }
  EXPECT_LE(runs, 1);
}

TEST(Ticker, EndsOnlyAfterTheRunningTask) {
  std::promise<void> began;
  std::promise<void> may_end;
  std::atomic<bool> ended = false;
  auto ticker = std::make_unique<Ticker>(hours(1), [&] {
    began.set_value();
    may_end.get_future().wait();
    ended = true;
  });
  began.get_future().wait();
  std::thread release([&] { may_end.set_value(); });
  ticker.reset();
  EXPECT_TRUE(ended);
  release.join();
}

}  // namespace
}  // namespace usher::base

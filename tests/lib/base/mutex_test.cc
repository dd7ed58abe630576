#include "lib/base/mutex.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace usher::base {
namespace {

struct Box {
  Mutex mutex;
  CondVar changed;
  int value ABSL_GUARDED_BY(mutex) = 0;
};

TEST(Mutex, KeepsThreadsApart) {
  Box box;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&box] {
      for (int n = 0; n < 1000; ++n) {
        MutexLock lock(box.mutex);
        ++box.value;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  MutexLock lock(box.mutex);
  EXPECT_EQ(box.value, 4000);
}

TEST(MutexLock, CanLetGoInTheMiddleOfItsScope) {
  Box box;
  MutexLock lock(box.mutex);
  lock.Unlock();
  std::thread([&box] {
    MutexLock other(box.mutex);
    box.value = 7;
  }).join();
  lock.Lock();
  EXPECT_EQ(box.value, 7);
}

TEST(CondVar, WakesAThreadThatWaitsForAChange) {
  Box box;
  std::thread setter([&box] {
    MutexLock lock(box.mutex);
    box.value = 1;
    box.changed.SignalAll();
  });
  {
    MutexLock lock(box.mutex);
    while (box.value == 0) box.changed.Wait(box.mutex);
    EXPECT_EQ(box.value, 1);
  }
  setter.join();
}

TEST(CondVar, StopsWaitingAtItsDeadline) {
  Box box;
  MutexLock lock(box.mutex);
  const auto deadline = std::chrono::steady_clock::now();
  while (box.changed.WaitUntil(box.mutex, deadline)) {
  }
  EXPECT_EQ(box.value, 0);
}

}  // namespace
}  // namespace usher::base

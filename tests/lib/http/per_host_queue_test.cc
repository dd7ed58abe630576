#include "lib/http/per_host_queue.h"

#include <string>

#include "gtest/gtest.h"

namespace usher::http {
namespace {

// "a1 b3": whose turn it is, until nobody's.
std::string Turns(PerHostQueue& queue) {
  std::string out;
  while (auto turn = queue.Next()) {
    out += (out.empty() ? "" : " ") + turn->lane + std::to_string(turn->work);
  }
  return out;
}

TEST(PerHostQueue, LetsLanesTakeTurns) {
  PerHostQueue queue(10, 10);
  for (int work : {1, 2, 3}) queue.Push("a", work);
  queue.Push("b", 4);
  queue.Push("c", 5);
  EXPECT_EQ(Turns(queue), "a1 b4 c5 a2 a3");
}

TEST(PerHostQueue, KeepsALaneFromTakingAllPlaces) {
  PerHostQueue queue(10, 2);
  for (int work : {1, 2, 3, 4}) queue.Push("a", work);
  queue.Push("b", 5);
  EXPECT_EQ(Turns(queue), "a1 b5 a2");
  queue.Release("a");
  EXPECT_EQ(Turns(queue), "a3");
}

TEST(PerHostQueue, FillsNoMoreThanItsPlaces) {
  PerHostQueue queue(2, 2);
  for (const char* lane : {"a", "b", "c"}) queue.Push(lane, 1);
  EXPECT_EQ(Turns(queue), "a1 b1");
  EXPECT_EQ(queue.active(), 2u);
  queue.Release("b");
  EXPECT_EQ(Turns(queue), "c1");
  queue.Release("a");
  queue.Release("c");
  EXPECT_EQ(queue.active(), 0u);
  EXPECT_EQ(Turns(queue), "");
}

}  // namespace
}  // namespace usher::http

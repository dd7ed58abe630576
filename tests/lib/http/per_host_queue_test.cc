#include "lib/http/per_host_queue.h"

#include <string>

#include "gtest/gtest.h"

namespace usher::http {
namespace {

// Pops everything that may begin: "a1 b3".
std::string PopAll(PerHostQueue& queue) {
  std::string out;
  while (auto item = queue.Pop()) {
    out += (out.empty() ? "" : " ") + item->host + std::to_string(item->id);
  }
  return out;
}

TEST(PerHostQueue, HostsTakeTurns) {
  PerHostQueue queue(10, 10);
  for (int id : {1, 2, 3}) queue.Push("a", id);
  queue.Push("b", 4);
  queue.Push("c", 5);
  EXPECT_EQ(PopAll(queue), "a1 b4 c5 a2 a3");
}

TEST(PerHostQueue, AHostDoesNotTakeAllPlaces) {
  PerHostQueue queue(10, 2);
  for (int id : {1, 2, 3, 4}) queue.Push("a", id);
  queue.Push("b", 5);
  EXPECT_EQ(PopAll(queue), "a1 b5 a2");
  queue.Release("a");
  EXPECT_EQ(PopAll(queue), "a3");
}

TEST(PerHostQueue, NeverHasMoreActiveThanAllowed) {
  PerHostQueue queue(2, 2);
  for (const char* host : {"a", "b", "c"}) queue.Push(host, 1);
  EXPECT_EQ(PopAll(queue), "a1 b1");
  EXPECT_EQ(queue.active(), 2u);
  queue.Release("b");
  EXPECT_EQ(PopAll(queue), "c1");
  queue.Release("a");
  queue.Release("c");
  EXPECT_EQ(queue.active(), 0u);
  EXPECT_EQ(PopAll(queue), "");
}

}  // namespace
}  // namespace usher::http

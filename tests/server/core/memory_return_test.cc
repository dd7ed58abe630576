#include "server/core/memory_return.h"

#include <gtest/gtest.h>

#include <cstring>
#include <memory>
#include <vector>

namespace usher::server {
namespace {

constexpr size_t kMiB = size_t{1} << 20;

TEST(MemoryReturn, GivesBackWhatSmallBlocksLeft) {
#if defined(__SANITIZE_ADDRESS__)
  GTEST_SKIP() << "the sanitizer has an allocator of its own";
#endif
  constexpr size_t kSize = 4096;
  std::vector<std::unique_ptr<char[]>> blocks;
  for (size_t i = 0; i < 128 * kMiB / kSize; ++i) {
    blocks.push_back(std::make_unique<char[]>(kSize));
    std::memset(blocks.back().get(), 1, kSize);
  }
  const size_t peak = ResidentMemory();
  // One block in a hundred stays, the last one too: what is free lies between.
  for (size_t i = 0; i + 1 < blocks.size(); ++i) {
    if (i % 100 != 0) blocks[i].reset();
  }
  MemoryReturn memory;
  memory.Poll();
  EXPECT_LT(ResidentMemory() + 96 * kMiB, peak);
}

TEST(MemoryReturn, KnowsHowLargeTheProcessIs) {
  EXPECT_GT(ResidentMemory(), kMiB);
}

}  // namespace
}  // namespace usher::server

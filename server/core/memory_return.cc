#include "server/core/memory_return.h"

#include <malloc.h>
#include <unistd.h>

#include <cstdio>

namespace usher::server {
namespace {

// Less is not worth looking through the heap.
constexpr size_t kWorthwhile = size_t{8} << 20;
constexpr int kArenas = 4;
// A block of this size has pages of its own, which free() returns at once.
constexpr int kOwnPages = 256 << 10;

}  // namespace

void LimitAllocator() {
  mallopt(M_ARENA_MAX, kArenas);
  // Setting it also stops glibc from raising it when such a block is freed.
  mallopt(M_MMAP_THRESHOLD, kOwnPages);
}

size_t ResidentMemory() {
  std::FILE* const file = std::fopen("/proc/self/statm", "re");
  if (file == nullptr) return 0;
  size_t total = 0, resident = 0;
  const int read = std::fscanf(file, "%zu %zu", &total, &resident);
  std::fclose(file);
  return read == 2 ? resident * static_cast<size_t>(sysconf(_SC_PAGESIZE)) : 0;
}

void MemoryReturn::Poll() {
  const size_t now = ResidentMemory();
  const size_t change =
      now > after_last_ ? now - after_last_ : after_last_ - now;
  if (change < kWorthwhile) return;
  malloc_trim(0);
  after_last_ = ResidentMemory();
}

}  // namespace usher::server

// Gives memory that is no longer used back to the system.
//
// glibc keeps what was freed, for the next time: after a flood of large
// requests the process would stay as large as it was at its peak.
#pragma once

#include <cstddef>

namespace usher::server {

// To be called before other threads exist: few arenas, so that little is kept
// in each, and large blocks outside of them.
void LimitAllocator();

// The resident memory of this process, in bytes; 0 if it cannot be read.
size_t ResidentMemory();

// Not thread-safe.
class MemoryReturn {
 public:
  // To be called every few seconds. Does nothing unless the size of the process
  // has changed since the last time it gave memory back. Takes milliseconds
  // where it does something, and holds up other threads only while they
  // allocate.
  void Poll();

 private:
  size_t after_last_ = 0;
};

}  // namespace usher::server

// The file descriptors of the process, and each listener's share of them.
#pragma once

#include <cstddef>
#include <cstdint>

namespace usher::server {

// RLIMIT_NOFILE.
struct DescriptorLimit {
  uint64_t at_start;
  uint64_t now;
};

// Raises the soft limit to the hard limit. A system that does not permit it
// leaves the limit as it is: the shares are then smaller.
DescriptorLimit RaiseDescriptorLimit();

// The most connections of each listener. Together with what is kept for files,
// fetches and logs they fit into the limit, so no listener can use up the
// descriptors of another.
struct ConnectionShares {
  size_t listen;
  size_t admin;
  size_t metrics;
  size_t status_page;
};

// At most `wanted`, and as many as may be open with `memory` bytes in all: an
// idle one over mutual TLS uses some 100 KiB, which no quota of gRPC counts,
// and all of them a quarter of the memory. Pure.
size_t ConnectionsThatFit(size_t memory, size_t wanted);

// `wanted` is for `listen`: it gets at most that many. Pure.
ConnectionShares ShareOut(uint64_t descriptors, size_t wanted);

}  // namespace usher::server

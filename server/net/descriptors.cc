#include "server/net/descriptors.h"

#include <sys/resource.h>

#include <algorithm>

namespace usher::server {
namespace {

// The most that a listener gets, and the part of all descriptors that it gets
// where there are few.
struct Share {
  size_t most;
  uint64_t divisor;

  constexpr size_t Of(uint64_t descriptors) const {
    constexpr size_t kLeast = 8;
    return std::clamp<uint64_t>(descriptors / divisor, kLeast, most);
  }
};

constexpr Share kAdmin = {256, 16};
constexpr Share kMetrics = {256, 16};
constexpr Share kStatusPage = {128, 32};
// Files, fetches, logs, and the descriptors that gRPC itself uses.
constexpr Share kOwn = {4096, 4};
// More than this is of no use, and RLIM_INFINITY is a number too.
constexpr uint64_t kMostCounted = uint64_t{1} << 24;

}  // namespace

DescriptorLimit RaiseDescriptorLimit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return {1024, 1024};
  const uint64_t before = limit.rlim_cur;
  if (limit.rlim_cur < limit.rlim_max) {
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0) return {before, before};
  }
  return {before, limit.rlim_cur};
}

size_t ConnectionsThatFit(size_t memory, size_t wanted) {
  constexpr size_t kMemoryForEach = 400 << 10;
  constexpr size_t kLeast = 64;
  return std::min(wanted, std::max(kLeast, memory / kMemoryForEach));
}

ConnectionShares ShareOut(uint64_t descriptors, size_t wanted) {
  const uint64_t all = std::min(descriptors, kMostCounted);
  ConnectionShares shares = {.listen = 0,
                             .admin = kAdmin.Of(all),
                             .metrics = kMetrics.Of(all),
                             .status_page = kStatusPage.Of(all)};
  const uint64_t others =
      shares.admin + shares.metrics + shares.status_page + kOwn.Of(all);
  constexpr uint64_t kLeast = 8;
  const uint64_t rest = all > others + kLeast ? all - others : kLeast;
  shares.listen = std::min<uint64_t>(wanted, rest);
  return shares;
}

}  // namespace usher::server

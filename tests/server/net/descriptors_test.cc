#include "server/net/descriptors.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

namespace usher::server {
namespace {

TEST(Descriptors, TheLimitIsRaisedToTheHardLimit) {
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  rlimit lowered = before;
  lowered.rlim_cur = std::min<rlim_t>(before.rlim_max, 256);
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &lowered), 0);
  const DescriptorLimit limit = RaiseDescriptorLimit();
  EXPECT_EQ(limit.at_start, lowered.rlim_cur);
  EXPECT_EQ(limit.now, before.rlim_max);
  rlimit after{};
  getrlimit(RLIMIT_NOFILE, &after);
  EXPECT_EQ(after.rlim_cur, before.rlim_max);
  setrlimit(RLIMIT_NOFILE, &before);
}

TEST(Descriptors, AllSharesAndTheOwnOnesFitIntoTheLimit) {
  for (const uint64_t limit :
       {uint64_t{128}, uint64_t{256}, uint64_t{1024}, uint64_t{4096},
        uint64_t{20000}, uint64_t{1} << 20}) {
    const ConnectionShares shares = ShareOut(limit, 1'000'000);
    const uint64_t own = std::min<uint64_t>(limit / 4, 4096);
    EXPECT_LE(shares.listen + shares.admin + shares.metrics +
                  shares.status_page + own,
              limit);
    for (const size_t share :
         {shares.listen, shares.admin, shares.metrics, shares.status_page}) {
      EXPECT_GE(share, 4u) << limit;
    }
    EXPECT_GE(shares.listen, limit / 4) << limit;
  }
}

TEST(Descriptors, ConnectionsUseAQuarterOfTheMemoryAtMost) {
  constexpr size_t kMiB = 1 << 20;
  EXPECT_EQ(ConnectionsThatFit(512 * kMiB, 4096), 1310u);
  EXPECT_EQ(ConnectionsThatFit(4096 * kMiB, 4096), 4096u);
  EXPECT_EQ(ConnectionsThatFit(512 * kMiB, 100), 100u);
  // Enough to work with, however little there is.
  EXPECT_EQ(ConnectionsThatFit(1 * kMiB, 4096), 64u);
}

TEST(Descriptors, NoListenerGetsMoreThanItsMost) {
  const ConnectionShares shares = ShareOut(~uint64_t{0}, 4096);
  EXPECT_EQ(shares.listen, 4096u);
  EXPECT_EQ(shares.admin, 256u);
  EXPECT_EQ(shares.metrics, 256u);
  EXPECT_EQ(shares.status_page, 128u);
}

}  // namespace
}  // namespace usher::server

#include "lib/jwks/waiters.h"

#include <gtest/gtest.h>

namespace usher::jwks {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);

Waiter Ignore() {
  return [](WaitOutcome) {};
}

TEST(Waiters, EndInBatchesOfTenMilliseconds) {
  Waiters waiters;
  waiters.Add(kNow + absl::Milliseconds(1001), kNow, Ignore());
  waiters.Add(kNow + absl::Milliseconds(1009), kNow, Ignore());
  waiters.Add(kNow + absl::Milliseconds(1010), kNow, Ignore());
  EXPECT_EQ(waiters.first_end(), kNow + absl::Seconds(1));
  EXPECT_EQ(waiters.TakeUntil(kNow + absl::Seconds(1)).size(), 2u);
  EXPECT_EQ(waiters.first_end(), kNow + absl::Milliseconds(1010));
  EXPECT_EQ(waiters.size(), 1u);
}

TEST(Waiters, NeverEndBeforeTheyBegin) {
  Waiters waiters;
  const absl::Time until = kNow + absl::Milliseconds(3);
  waiters.Add(until, kNow, Ignore());
  EXPECT_EQ(waiters.first_end(), until);
  EXPECT_TRUE(waiters.TakeUntil(kNow).empty());
}

TEST(Waiters, AreTakenOnlyOnce) {
  Waiters waiters;
  for (int i = 0; i < 1000; ++i) {
    waiters.Add(kNow + absl::Milliseconds(i + 1), kNow, Ignore());
  }
  EXPECT_EQ(waiters.size(), 1000u);
  EXPECT_EQ(waiters.TakeAll().size(), 1000u);
  EXPECT_TRUE(waiters.TakeAll().empty());
  EXPECT_EQ(waiters.size(), 0u);
  EXPECT_EQ(waiters.first_end(), std::nullopt);
}

}  // namespace
}  // namespace usher::jwks

#include "lib/jwks/waiters.h"

#include <gtest/gtest.h>

namespace usher::jwks {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);

Cache::Waiter Nobody() {
  return [](Cache::Outcome) {};
}

TEST(Waiters, EndWithinTheSameHundredthOfASecondTogether) {
  Waiters waiters;
  waiters.Add(kNow + absl::Milliseconds(1001), kNow, Nobody());
  waiters.Add(kNow + absl::Milliseconds(1009), kNow, Nobody());
  waiters.Add(kNow + absl::Milliseconds(1010), kNow, Nobody());
  EXPECT_EQ(waiters.first_end(), kNow + absl::Seconds(1));
  EXPECT_EQ(waiters.TakeUntil(kNow + absl::Seconds(1)).size(), 2u);
  EXPECT_EQ(waiters.first_end(), kNow + absl::Milliseconds(1010));
  EXPECT_EQ(waiters.size(), 1u);
}

TEST(Waiters, WaitAtLeastALittle) {
  Waiters waiters;
  const absl::Time until = kNow + absl::Milliseconds(3);
  waiters.Add(until, kNow, Nobody());
  EXPECT_EQ(waiters.first_end(), until);
  EXPECT_TRUE(waiters.TakeUntil(kNow).empty());
}

TEST(Waiters, AreTakenOnce) {
  Waiters waiters;
  for (int i = 0; i < 1000; ++i) {
    waiters.Add(kNow + absl::Milliseconds(i + 1), kNow, Nobody());
  }
  EXPECT_EQ(waiters.size(), 1000u);
  EXPECT_EQ(waiters.TakeAll().size(), 1000u);
  EXPECT_TRUE(waiters.TakeAll().empty());
  EXPECT_EQ(waiters.size(), 0u);
  EXPECT_EQ(waiters.first_end(), std::nullopt);
}

}  // namespace
}  // namespace usher::jwks

#include "lib/jwks/fetch_budget.h"

#include <gtest/gtest.h>

namespace usher::jwks {
namespace {

constexpr absl::Duration kRefill = absl::Seconds(5);
const absl::Time kStart = absl::FromUnixSeconds(1'800'000'000);

absl::Time After(absl::Duration span) { return kStart + span; }

// A budget from which all fetches of the burst were taken at kStart.
FetchBudget Spent() {
  FetchBudget budget(kRefill);
  for (int i = 0; i < FetchBudget::kBurst; ++i) {
    EXPECT_EQ(budget.NextAt(kStart), kStart) << i;
    budget.Take(kStart);
  }
  return budget;
}

TEST(FetchBudget, AllowsThreeAtOnceAndThenOneInFiveSeconds) {
  FetchBudget budget = Spent();
  EXPECT_EQ(budget.NextAt(kStart), After(kRefill));
  EXPECT_EQ(budget.NextAt(After(absl::Seconds(2))), After(kRefill));
  EXPECT_EQ(budget.NextAt(After(kRefill)), After(kRefill));
  budget.Take(After(kRefill));
  EXPECT_EQ(budget.NextAt(After(kRefill)), After(2 * kRefill));
}

TEST(FetchBudget, IsFullAgainAfterThreeRefillsAndHoldsNoMore) {
  for (const absl::Duration idle : {3 * kRefill, absl::Hours(100)}) {
    FetchBudget budget = Spent();
    const absl::Time now = After(idle);
    for (int i = 0; i < FetchBudget::kBurst; ++i) {
      EXPECT_EQ(budget.NextAt(now), now) << i;
      budget.Take(now);
    }
    EXPECT_EQ(budget.NextAt(now), now + kRefill);
  }
}

TEST(FetchBudget, AllowsAtMostAFetchPerRefillInTheLongRun) {
  FetchBudget budget(kRefill);
  int taken = 0;
  for (absl::Time now = kStart; now < After(absl::Minutes(10));
       now += absl::Milliseconds(100)) {
    if (budget.NextAt(now) > now) continue;
    budget.Take(now);
    ++taken;
  }
  EXPECT_EQ(taken, 2 + 120);
}

TEST(FetchBudget, DoesNotWaitForeverWhenTheClockIsSetBack) {
  const FetchBudget budget = Spent();
  const absl::Time now = After(-absl::Hours(24));
  EXPECT_LE(budget.NextAt(now), now + kRefill);
}

}  // namespace
}  // namespace usher::jwks

#include "lib/base/rate_limit.h"

#include <gtest/gtest.h>

namespace usher::base {
namespace {

TEST(RateLimit, AllowsSoManyInEachSecond) {
  RateLimit limit(3);
  absl::Time now = absl::FromUnixSeconds(1767225600);
  for (int second = 0; second < 3; ++second, now += absl::Seconds(1)) {
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(limit.Allows(now)) << i;
    EXPECT_FALSE(limit.Allows(now + absl::Milliseconds(999)));
  }
}

TEST(RateLimit, CountsWhatItRefusesUntilTheCountIsTaken) {
  RateLimit limit(1);
  const absl::Time now = absl::FromUnixSeconds(1767225600);
  for (int i = 0; i < 5; ++i) limit.Allows(now);
  EXPECT_EQ(limit.TakeRefused(), 4u);
  EXPECT_EQ(limit.TakeRefused(), 0u);
}

TEST(RateLimit, OfZeroAllowsNothing) {
  RateLimit limit(0);
  EXPECT_FALSE(limit.Allows(absl::FromUnixSeconds(1767225600)));
}

}  // namespace
}  // namespace usher::base

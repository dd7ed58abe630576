#include "server/rpc/answer_by.h"

#include <gtest/gtest.h>

namespace usher::server {
namespace {

constexpr absl::Time kNow = absl::FromUnixSeconds(1'700'000'000);

absl::Duration WaitFor(absl::Duration left) {
  return AnswerBy(kNow, left) - kNow;
}

TEST(AnswerBy, LeavesATenthOfTheTime) {
  EXPECT_EQ(WaitFor(absl::Seconds(1)), absl::Milliseconds(900));
}

TEST(AnswerBy, LeavesAtLeast50Milliseconds) {
  EXPECT_EQ(WaitFor(absl::Milliseconds(200)), absl::Milliseconds(150));
}

TEST(AnswerBy, IsNeverLaterThanTwoSeconds) {
  EXPECT_EQ(WaitFor(absl::Minutes(1)), absl::Seconds(2));
  EXPECT_EQ(WaitFor(absl::Hours(24 * 365 * 200)), absl::Seconds(2));
  EXPECT_EQ(WaitFor(absl::InfiniteDuration()), absl::Seconds(2));
}

TEST(AnswerBy, LeavesNoTimeToWaitWhereThereIsNone) {
  EXPECT_LE(WaitFor(absl::Milliseconds(40)), absl::ZeroDuration());
  EXPECT_LE(WaitFor(-absl::Seconds(1)), absl::ZeroDuration());
}

}  // namespace
}  // namespace usher::server

#include "server/stats/verdict_history.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace usher::server {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;
using Totals = VerdictHistory::Totals;
using std::chrono::seconds;

constexpr auto kExpired = Reason::kTokenExpired;

struct Counted {
  void Look(seconds at) {
    history.Look(start + at, [this] { return totals; });
  }
  uint64_t& expired() { return totals[static_cast<size_t>(kExpired)]; }

  const VerdictHistory::Time start{};
  Totals totals{};
  VerdictHistory history{start};
};

TEST(VerdictHistory, KeepsWhatCameOnTopInEachSlice) {
  Counted counted;
  counted.totals[0] = 7;
  counted.Look(seconds(4));  // the slice goes on
  EXPECT_THAT(counted.history.Read()[0].counts, SizeIs(0));
  counted.totals[0] = 10;
  counted.Look(seconds(5));
  counted.totals[0] = 11;
  counted.expired() = 2;
  counted.Look(seconds(10));
  const auto series = counted.history.Read();
  ASSERT_THAT(series, SizeIs(2));
  EXPECT_EQ(series[0].reason, std::nullopt);
  EXPECT_THAT(series[0].counts, ElementsAre(10, 1));
  EXPECT_EQ(series[1].reason, kExpired);
  EXPECT_THAT(series[1].counts, ElementsAre(0, 2));
}

TEST(VerdictHistory, LeavesSlicesEmptyThatNobodyLookedAt) {
  Counted counted;
  counted.totals[0] = 3;
  counted.Look(seconds(16));
  counted.totals[0] = 4;
  counted.Look(seconds(20));
  EXPECT_THAT(counted.history.Read()[0].counts, ElementsAre(3, 0, 0, 1));
}

TEST(VerdictHistory, ForgetsWhatIsOlderThanItsSlices) {
  Counted counted;
  counted.expired() = 1;
  counted.Look(seconds(5));
  EXPECT_THAT(counted.history.Read(), SizeIs(2));
  for (size_t i = 2; i <= VerdictHistory::kSlices + 1; ++i) {
    counted.Look(i * VerdictHistory::kSlice);
  }
  const auto series = counted.history.Read();
  ASSERT_THAT(series, SizeIs(1));
  EXPECT_THAT(series[0].counts, SizeIs(VerdictHistory::kSlices));
}

TEST(VerdictHistory, SurvivesALongSleep) {
  Counted counted;
  counted.totals[0] = 5;
  counted.Look(std::chrono::hours(48));
  const auto counts = counted.history.Read()[0].counts;
  EXPECT_THAT(counts, SizeIs(VerdictHistory::kSlices));
  EXPECT_THAT(counts, ::testing::Each(0));
}

TEST(VerdictHistory, TakesTotalsThatShrinkForNoNews) {
  Counted counted;
  counted.totals[0] = 100;
  counted.Look(seconds(5));
  counted.totals[0] = 10;  // an issuer went
  counted.Look(seconds(10));
  counted.totals[0] = 12;
  counted.Look(seconds(15));
  EXPECT_THAT(counted.history.Read()[0].counts, ElementsAre(100, 0, 2));
}

TEST(Counters, CountVerdictsOfAllIssuersTogether) {
  Counters counters({"corp", "partner"});
  for (const char* name : {"corp", "partner", "partner", ""}) {
    counters.OnVerdict(name, kExpired, verify::VerdictSource::kLocal, false,
                       absl::ZeroDuration());
  }
  const Totals totals = counters.CountVerdicts();
  EXPECT_EQ(totals[static_cast<size_t>(kExpired)], 4u);
  EXPECT_EQ(totals[0], 0u);
}

}  // namespace
}  // namespace usher::server

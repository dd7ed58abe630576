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
  void Update(seconds at) {
    history.Update(start + at, [this] { return totals; });
  }
  uint64_t& expired() { return totals[static_cast<size_t>(kExpired)]; }

  const VerdictHistory::Time start{};
  Totals totals{};
  VerdictHistory history{start};
};

TEST(VerdictHistory, KeepsTheIncreaseInEachSlice) {
  Counted counted;
  counted.totals[0] = 7;
  counted.Update(seconds(4));  // the slice has not ended
  EXPECT_THAT(counted.history.Read()[0].counts, SizeIs(0));
  counted.totals[0] = 10;
  counted.Update(seconds(5));
  counted.totals[0] = 11;
  counted.expired() = 2;
  counted.Update(seconds(10));
  const auto series = counted.history.Read();
  ASSERT_THAT(series, SizeIs(2));
  EXPECT_EQ(series[0].reason, std::nullopt);
  EXPECT_THAT(series[0].counts, ElementsAre(10, 1));
  EXPECT_EQ(series[1].reason, kExpired);
  EXPECT_THAT(series[1].counts, ElementsAre(0, 2));
}

TEST(VerdictHistory, LeavesSlicesWithoutAnUpdateEmpty) {
  Counted counted;
  counted.totals[0] = 3;
  counted.Update(seconds(16));
  counted.totals[0] = 4;
  counted.Update(seconds(20));
  EXPECT_THAT(counted.history.Read()[0].counts, ElementsAre(3, 0, 0, 1));
}

TEST(VerdictHistory, ForgetsOldSlices) {
  Counted counted;
  counted.expired() = 1;
  counted.Update(seconds(5));
  EXPECT_THAT(counted.history.Read(), SizeIs(2));
  for (size_t i = 2; i <= VerdictHistory::kSlices + 1; ++i) {
    counted.Update(i * VerdictHistory::kSlice);
  }
  const auto series = counted.history.Read();
  ASSERT_THAT(series, SizeIs(1));
  EXPECT_THAT(series[0].counts, SizeIs(VerdictHistory::kSlices));
}

TEST(VerdictHistory, SurvivesALongSleep) {
  Counted counted;
  counted.totals[0] = 5;
  counted.Update(std::chrono::hours(48));
  const auto counts = counted.history.Read()[0].counts;
  EXPECT_THAT(counts, SizeIs(VerdictHistory::kSlices));
  EXPECT_THAT(counts, ::testing::Each(0));
}

TEST(VerdictHistory, CountsShrinkingTotalsAsNoIncrease) {
  Counted counted;
  counted.totals[0] = 100;
  counted.Update(seconds(5));
  counted.totals[0] = 10;  // an issuer was removed
  counted.Update(seconds(10));
  counted.totals[0] = 12;
  counted.Update(seconds(15));
  EXPECT_THAT(counted.history.Read()[0].counts, ElementsAre(100, 0, 2));
}

TEST(Counters, CountVerdictsOfAllIssuersTogether) {
  Counters counters({"corp", "partner"});
  for (const char* name : {"corp", "partner", "partner", ""}) {
    counters.OnVerdict(name, kExpired, verify::VerdictSource::kLocal, false,
                       absl::ZeroDuration());
  }
  const Totals totals = counters.verdicts.Sum();
  EXPECT_EQ(totals[static_cast<size_t>(kExpired)], 4u);
  EXPECT_EQ(totals[0], 0u);
}

}  // namespace
}  // namespace usher::server

#include "server/net/memory_brake.h"

#include <gtest/gtest.h>

namespace usher::server {
namespace {

constexpr size_t kMost = 1000;

struct Process {
  MemoryBrake Brake() {
    return {kMost,
            [this] {
              ++looks;
              return used + free;
            },
            [this] { free = 0; }};
  }

  size_t used = 0;
  size_t free = 0;  // but not returned
  int looks = 0;
};

const absl::Time kStart = absl::FromUnixSeconds(1'700'000'000);

TEST(MemoryBrake, NothingMustEndWhileThereIsRoom) {
  Process process{.used = kMost};
  MemoryBrake brake = process.Brake();
  EXPECT_EQ(brake.FindExcess(kStart), 0u);
}

TEST(MemoryBrake, AsksForSoMuchThatAQuarterIsFreeAfterwards) {
  Process process{.used = kMost + 100};
  MemoryBrake brake = process.Brake();
  EXPECT_EQ(brake.FindExcess(kStart), 350u);
}

TEST(MemoryBrake, GivesBackWhatIsFreeBeforeAConnectionMustEnd) {
  Process process{.used = kMost / 2, .free = kMost};
  MemoryBrake brake = process.Brake();
  EXPECT_EQ(brake.FindExcess(kStart), 0u);
  EXPECT_EQ(process.free, 0u);
}

TEST(MemoryBrake, LooksMoreOftenWhenMoreThanHalfIsUsed) {
  Process process{.used = kMost / 2};
  MemoryBrake brake = process.Brake();
  brake.FindExcess(kStart);
  brake.FindExcess(kStart + MemoryBrake::kLook - absl::Milliseconds(1));
  EXPECT_EQ(process.looks, 1);
  process.used = kMost;
  brake.FindExcess(kStart + MemoryBrake::kLook);
  process.used = kMost + 1;
  EXPECT_GT(
      brake.FindExcess(kStart + MemoryBrake::kLook + MemoryBrake::kCloseLook),
      0u);
}

TEST(MemoryBrake, WaitsForTheConnectionsToEnd) {
  Process process{.used = kMost + 1};
  MemoryBrake brake = process.Brake();
  EXPECT_GT(brake.FindExcess(kStart), 0u);
  const absl::Time before =
      kStart + MemoryBrake::kFirstPause - absl::Milliseconds(1);
  EXPECT_EQ(brake.FindExcess(before), 0u);
  EXPECT_GT(brake.FindExcess(kStart + MemoryBrake::kFirstPause), 0u);
}

TEST(MemoryBrake, GivesInWhereConnectionsAreNotTheCause) {
  Process process{.used = kMost + 1};
  MemoryBrake brake = process.Brake();
  int ended = 0;
  for (absl::Time now = kStart; now < kStart + absl::Minutes(10);
       now += MemoryBrake::kFirstPause) {
    if (brake.FindExcess(now) > 0) ++ended;
  }
  EXPECT_GE(ended, MemoryBrake::kTries);
  EXPECT_LE(ended, MemoryBrake::kTries + 20);
  // And starts again after there was room.
  process.used = 0;
  const absl::Time later = kStart + absl::Minutes(12);
  EXPECT_EQ(brake.FindExcess(later), 0u);
  process.used = kMost + 1;
  EXPECT_GT(brake.FindExcess(later + absl::Seconds(1)), 0u);
  EXPECT_GT(brake.FindExcess(later + absl::Seconds(2)), 0u);
}

TEST(MemoryBrake, AClockThatIsSetBackDoesNotStopIt) {
  Process process{.used = kMost + 1};
  MemoryBrake brake = process.Brake();
  EXPECT_GT(brake.FindExcess(kStart), 0u);
  EXPECT_GT(brake.FindExcess(kStart - absl::Hours(1)), 0u);
}

}  // namespace
}  // namespace usher::server

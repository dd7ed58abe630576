#include "client/core/replicas.h"

#include <gtest/gtest.h>

#include <vector>

#include "lib/base/text/strings.h"

namespace usher::client {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'767'225'600);
const std::string kA = "ipv4:10.0.0.1:9443";
const std::string kB = "ipv4:10.0.0.2:9443";
const std::string kC = "ipv4:10.0.0.3:9443";
const std::vector<std::string> kNone;

TEST(Replicas, AreAllUsedUntilOneTimesOut) {
  Replicas replicas;
  EXPECT_FALSE(replicas.ShouldAvoid(kA, kNone, kNow));
  replicas.OnAnswer(kA, kNow);
  replicas.OnAnswer(kB, kNow);
  EXPECT_FALSE(replicas.ShouldAvoid(kA, kNone, kNow));
}

TEST(Replicas, AvoidOneThatTimedOutIfAnotherAnswers) {
  Replicas replicas;
  replicas.OnAnswer(kB, kNow);
  replicas.OnTimeout(kA, kNow, kNow);
  EXPECT_TRUE(replicas.ShouldAvoid(kA, kNone, kNow));
  EXPECT_FALSE(replicas.ShouldAvoid(kB, kNone, kNow));
}

TEST(Replicas, DoNotAvoidOneThatAnsweredAnotherAttemptMeanwhile) {
  Replicas replicas;
  replicas.OnAnswer(kB, kNow);
  replicas.OnAnswer(kA, kNow);
  replicas.OnTimeout(kA, kNow - absl::Seconds(1), kNow);
  EXPECT_FALSE(replicas.ShouldAvoid(kA, kNone, kNow)) << "slow, not silent";
  replicas.OnTimeout(kA, kNow + absl::Nanoseconds(1), kNow + absl::Seconds(1));
  EXPECT_TRUE(replicas.ShouldAvoid(kA, kNone, kNow + absl::Seconds(1)));
}

TEST(Replicas, UseOneThatTimedOutIfNoOtherIsKnown) {
  Replicas replicas;
  replicas.OnTimeout(kA, kNow, kNow);
  EXPECT_FALSE(replicas.ShouldAvoid(kA, kNone, kNow));
  replicas.OnTimeout(kB, kNow, kNow);
  EXPECT_FALSE(replicas.ShouldAvoid(kA, kNone, kNow));
  replicas.OnAnswer(kC, kNow);
  replicas.OnDisconnect(kC);
  EXPECT_FALSE(replicas.ShouldAvoid(kA, kNone, kNow));
}

TEST(Replicas, IgnoreAnAnswerThatIsOld) {
  Replicas replicas;
  replicas.OnAnswer(kB, kNow - absl::Minutes(1));
  replicas.OnTimeout(kA, kNow, kNow);
  EXPECT_FALSE(replicas.ShouldAvoid(kA, kNone, kNow));
}

TEST(Replicas, ProbeOneThatTimedOutOncePerSecond) {
  Replicas replicas;
  replicas.OnAnswer(kB, kNow);
  replicas.OnTimeout(kA, kNow, kNow);
  const absl::Time later = kNow + absl::Seconds(1);
  EXPECT_FALSE(replicas.ShouldAvoid(kA, kNone, later));
  EXPECT_TRUE(replicas.ShouldAvoid(kA, kNone, later));
  EXPECT_FALSE(replicas.ShouldAvoid(kA, kNone, later + absl::Seconds(1)));
}

TEST(Replicas, ProbeOnlyWithFirstAttempts) {
  Replicas replicas;
  replicas.OnAnswer(kB, kNow);
  replicas.OnTimeout(kA, kNow, kNow);
  const std::vector<std::string> tried = {kC};
  EXPECT_TRUE(replicas.ShouldAvoid(kA, tried, kNow + absl::Seconds(1)));
}

TEST(Replicas, UseOneAgainThatAnswers) {
  Replicas replicas;
  replicas.OnAnswer(kB, kNow);
  replicas.OnTimeout(kA, kNow, kNow);
  replicas.OnAnswer(kA, kNow);
  EXPECT_FALSE(replicas.ShouldAvoid(kA, kNone, kNow));
}

TEST(Replicas, AreNotTriedTwiceIfAnotherAnswers) {
  Replicas replicas;
  replicas.OnAnswer(kA, kNow);
  const std::vector<std::string> tried = {kA};
  EXPECT_FALSE(replicas.ShouldAvoid(kA, tried, kNow)) << "no other is known";
  replicas.OnAnswer(kB, kNow);
  EXPECT_TRUE(replicas.ShouldAvoid(kA, tried, kNow));
  EXPECT_FALSE(replicas.ShouldAvoid(kB, tried, kNow));
  const std::vector<std::string> both = {kA, kB};
  EXPECT_FALSE(replicas.ShouldAvoid(kA, both, kNow));
}

TEST(Replicas, AreForgottenBeyondALimit) {
  Replicas replicas;
  replicas.OnAnswer(kB, kNow);
  replicas.OnTimeout(kA, kNow, kNow);
  ASSERT_TRUE(replicas.ShouldAvoid(kA, kNone, kNow));
  for (int i = 0; i < 64; ++i) {
    replicas.OnAnswer(base::StrCat("ipv4:10.0.1.", i, ":9443"),
                      kNow + absl::Seconds(1));
  }
  EXPECT_FALSE(replicas.ShouldAvoid(kA, kNone, kNow))
      << "the oldest answer is forgotten first";
}

}  // namespace
}  // namespace usher::client

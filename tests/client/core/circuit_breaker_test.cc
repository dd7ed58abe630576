#include "client/core/circuit_breaker.h"

#include <gtest/gtest.h>

namespace usher::client {
namespace {

class CircuitBreakerTest : public ::testing::Test {
 protected:
  // Whether the request was sent. If so, its outcome is `reached`.
  bool Send(bool reached) {
    const bool sent = breaker_.Allow(now_);
    if (!sent) return false;
    now_ += absl::Nanoseconds(1);
    if (reached) {
      breaker_.OnAnswer(now_);
    } else {
      breaker_.OnSilence(now_, now_);
    }
    return true;
  }
  bool Fails() { return Send(false); }
  bool Succeeds() { return Send(true); }
  void Open() {
    for (int i = 0; i < 5; ++i) EXPECT_TRUE(Fails());
  }

  absl::Time now_ = absl::FromUnixSeconds(1'800'000'000);
  CircuitBreaker breaker_;
};

TEST_F(CircuitBreakerTest, OpensAfterFiveFailuresInARow) {
  Open();
  for (int i = 0; i < 100; ++i) EXPECT_FALSE(Fails());
}

TEST_F(CircuitBreakerTest, ForgetsFailuresAtTheFirstAnswer) {
  for (int round = 0; round < 10; ++round) {
    for (int i = 0; i < 4; ++i) EXPECT_TRUE(Fails());
    EXPECT_TRUE(Succeeds());
  }
}

TEST_F(CircuitBreakerTest, IgnoresSilenceAboutARequestOlderThanTheLastAnswer) {
  const absl::Time sent = now_;
  now_ += absl::Seconds(1);
  breaker_.OnAnswer(now_);
  for (int i = 0; i < 100; ++i) breaker_.OnSilence(sent, now_);
  EXPECT_TRUE(breaker_.Allow(now_)) << "usherd is slow, not silent";
  now_ += absl::Nanoseconds(1);
  Open();
  EXPECT_FALSE(breaker_.Allow(now_));
}

TEST_F(CircuitBreakerTest, ClosesAtALateAnswer) {
  Open();
  EXPECT_FALSE(breaker_.Allow(now_));
  breaker_.OnAnswer(now_);
  EXPECT_TRUE(breaker_.Allow(now_));
}

TEST_F(CircuitBreakerTest, ProbesOncePerSecond) {
  Open();
  for (int second = 0; second < 5; ++second) {
    now_ += absl::Milliseconds(999);
    EXPECT_FALSE(Fails());
    now_ += absl::Milliseconds(1);
    EXPECT_TRUE(Fails());
    EXPECT_FALSE(Fails());
  }
}

TEST_F(CircuitBreakerTest, ClosesAfterASuccessfulProbe) {
  Open();
  now_ += absl::Seconds(1);
  EXPECT_TRUE(Succeeds());
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(Fails());
}

}  // namespace
}  // namespace usher::client

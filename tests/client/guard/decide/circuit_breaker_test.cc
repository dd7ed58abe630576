#include "client/guard/decide/circuit_breaker.h"

#include <gtest/gtest.h>

#include <optional>

#include "tests/client/guard/decide/scripted_asker.h"
#include "tests/support/fake_clock.h"

namespace usher::guard {
namespace {

using testing::FakeClock;
using testing::ScriptedAsker;
using enum Undecided::Cause;

class BreakerTest : public ::testing::Test {
 protected:
  // Whether the question got through; if so it is answered with `answer`.
  bool Ask(const Answer& answer) {
    std::optional<Answer> told;
    breaker_.Ask({.token = "t"}, [&](Answer a) { told = std::move(a); });
    const bool through =
        asker_->Answer([&](const auto&) { return answer; }) == 1;
    EXPECT_TRUE(told.has_value());
    if (!through) {
      EXPECT_EQ(told->undecided()->cause, kUnreachable);
    }
    return through;
  }
  bool Fails(Undecided::Cause cause = kUnreachable) {
    return Ask(Undecided{.cause = cause});
  }
  bool Answers() {
    return Ask(Denied{.reason = Reason::kTokenExpired, .message = "old"});
  }
  void Open() {
    for (int i = 0; i < 5; ++i) EXPECT_TRUE(Fails());
  }

  FakeClock clock_;
  ScriptedAsker* asker_ = new ScriptedAsker;
  CircuitBreaker breaker_{std::unique_ptr<TokenAsker>(asker_), clock_};
};

TEST_F(BreakerTest, StopsAskingAfterFiveFailuresInARow) {
  Open();
  for (int i = 0; i < 100; ++i) EXPECT_FALSE(Fails());
}

TEST_F(BreakerTest, ForgetsFailuresAtTheFirstAnswer) {
  for (int round = 0; round < 10; ++round) {
    for (int i = 0; i < 4; ++i) EXPECT_TRUE(Fails());
    EXPECT_TRUE(Answers());
  }
}

TEST_F(BreakerTest, TriesOnceASecond) {
  Open();
  for (int second = 0; second < 5; ++second) {
    clock_.Advance(absl::Milliseconds(999));
    EXPECT_FALSE(Fails());
    clock_.Advance(absl::Milliseconds(1));
    EXPECT_TRUE(Fails());
    EXPECT_FALSE(Fails());
  }
}

TEST_F(BreakerTest, AsksFreelyOnceATrySucceeds) {
  Open();
  clock_.Advance(absl::Seconds(1));
  EXPECT_TRUE(Answers());
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(Fails());
}

TEST_F(BreakerTest, CountsSilenceButNotTheAnswersOfTheLiving) {
  for (const Undecided::Cause cause :
       {kDependency, kOverloaded, kBadQuestion, kNotAllowed}) {
    for (int i = 0; i < 10; ++i) EXPECT_TRUE(Fails(cause));
  }
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(Fails(kDeadline));
  EXPECT_FALSE(Fails());
}

}  // namespace
}  // namespace usher::guard

#include "client/guard/decide/verifier_session.h"

#include <gtest/gtest.h>

#include <optional>
#include <thread>

#include "tests/client/guard/decide/scripted_verifier.h"

namespace usher::guard {
namespace {

using testing::ScriptedVerifier;

class VerifierSessionTest : public ::testing::Test {
 protected:
  void Verify() {
    session_->Verify({.token = "t", .audiences = {"orders"}},
                     [&](VerifyResult result) {
                       ++results_;
                       last_.emplace(std::move(result));
                     });
  }

  const std::shared_ptr<ScriptedVerifier> verifier_ =
      std::make_shared<ScriptedVerifier>();
  std::optional<VerifierSession> session_{verifier_};
  int results_ = 0;
  std::optional<VerifyResult> last_;
};

TEST_F(VerifierSessionTest, ForwardsRequestAndResult) {
  Verify();
  verifier_->Complete([](const auto& asked) {
    EXPECT_EQ(asked.token, "t");
    EXPECT_EQ(asked.audiences, std::vector<std::string>{"orders"});
    return Denial{.reason = Reason::kTokenExpired, .message = "expired"};
  });
  ASSERT_EQ(results_, 1);
  EXPECT_EQ(last_->denial()->reason, Reason::kTokenExpired);
}

TEST_F(VerifierSessionTest, CompletesRequestsInFlightWhenItEnds) {
  Verify();
  Verify();
  session_.reset();
  EXPECT_EQ(results_, 2);
  EXPECT_EQ(last_->undecided()->cause, Undecided::Cause::kStopped);
}

TEST_F(VerifierSessionTest, DropsResultsThatArriveAfterItsEnd) {
  Verify();
  session_.reset();
  verifier_->Complete([](const auto&) {
    return Denial{.reason = Reason::kTokenExpired, .message = "late"};
  });
  EXPECT_EQ(results_, 1);
}

TEST_F(VerifierSessionTest, ReleasesTheVerifierWhenItEnds) {
  EXPECT_EQ(verifier_.use_count(), 2);
  session_.reset();
  EXPECT_EQ(verifier_.use_count(), 1);
}

TEST_F(VerifierSessionTest, WaitsForCallbacksThatRun) {
  std::atomic<bool> running = false, release = false, ended = false;
  session_->Verify({.token = "t"}, [&](VerifyResult) {
    running = true;
    while (!release) std::this_thread::yield();
    ended = true;
  });
  std::thread answerer([&] {
    verifier_->Complete([](const auto&) {
      return Denial{.reason = Reason::kTokenExpired, .message = "no"};
    });
  });
  while (!running) std::this_thread::yield();
  std::thread ender([&] {
    session_.reset();
    EXPECT_TRUE(ended);
  });
  release = true;
  ender.join();
  answerer.join();
}

}  // namespace
}  // namespace usher::guard

#include "usher/testing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/client/guard/guarded_server.h"

namespace usher::testing {
namespace {

using ::testing::StartsWith;

class TestingTest : public ::testing::Test {
 protected:
  Outcome CallWith(const std::string& authorization) {
    return Call(*stub_, {{"authorization", authorization}});
  }

  InventedCallers callers_;
  const std::unique_ptr<Guard> guard_ = *callers_.MakeGuard(
      {.audiences = {"orders"},
       .policy = MethodPolicy().Method("/usher.testing.Echo/Unary",
                                       {.scopes = {"orders.read"}})});
  GuardedServer server_{*guard_, Style::kCallback};
  const std::unique_ptr<Echo::Stub> stub_ = server_.NewStub();
};

TEST_F(TestingTest, AdmitsWhomTheTestInvented) {
  const Outcome outcome = CallWith(
      callers_.Bearer({.subject = "alice", .scopes = {"orders.read"}}));
  EXPECT_TRUE(outcome.status.ok()) << outcome.status.error_message();
  EXPECT_EQ(outcome.reply.subject(), "alice");
}

TEST_F(TestingTest, JudgesAsInProduction) {
  EXPECT_THAT(
      CallWith(callers_.Bearer({.subject = "a"})).status.error_message(),
      StartsWith("insufficient_scope: SCOPE_INSUFFICIENT: "));
  EXPECT_THAT(CallWith(callers_.Bearer({.scopes = {"orders.read"},
                                        .audiences = {"billing"}}))
                  .status.error_message(),
              StartsWith("invalid_token: AUDIENCE_MISMATCH: "));
  EXPECT_THAT(CallWith(callers_.Bearer({.scopes = {"orders.read"},
                                        .expires_in = -absl::Seconds(1)}))
                  .status.error_message(),
              StartsWith("invalid_token: TOKEN_EXPIRED: "));
  EXPECT_THAT(CallWith("Bearer somebody-else").status.error_message(),
              StartsWith("invalid_token: SIGNATURE_INVALID: "));
  EXPECT_EQ(server_.entries(), 0);
}

TEST_F(TestingTest, RefusesAsTheTestWants) {
  EXPECT_THAT(CallWith(callers_.BearerRefused(Reason::kIssuerUnknown))
                  .status.error_message(),
              StartsWith("invalid_token: ISSUER_UNKNOWN: "));
  EXPECT_EQ(CallWith(callers_.BearerUndecided()).status.error_code(),
            grpc::StatusCode::UNAVAILABLE);
}

TEST_F(TestingTest, RevokesAtOnce) {
  const std::string alice =
      callers_.Bearer({.subject = "alice", .scopes = {"orders.read"}});
  EXPECT_TRUE(CallWith(alice).status.ok());
  callers_.Revoke(alice);
  EXPECT_THAT(CallWith(alice).status.error_message(),
              StartsWith("invalid_token: TOKEN_REVOKED: "));
}

}  // namespace
}  // namespace usher::testing

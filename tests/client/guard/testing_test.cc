#include "usher/testing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "tests/client/guard/grpc/guarded_server.h"

namespace usher::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class TestingTest : public ::testing::Test {
 protected:
  Outcome CallWith(const std::string& authorization) {
    return Call(*stub_, {{"authorization", authorization}});
  }

  const std::shared_ptr<FakeVerifier> callers_ =
      std::make_shared<FakeVerifier>();
  const std::unique_ptr<Guard> guard_ = *Guard::Create(
      {.verifier = callers_,
       .audiences = {"orders"},
       .policy = MethodPolicy().Method("/usher.testing.Echo/Unary",
                                       {.scopes = {"orders.read"}})});
  GuardedServer server_{*guard_, Style::kCallback};
  const std::unique_ptr<Echo::Stub> stub_ = server_.NewStub();
};

TEST_F(TestingTest, AdmitsWhomTheTestInvented) {
  const Outcome outcome = CallWith(
      callers_->Bearer({.subject = "alice", .scopes = {"orders.read"}}));
  EXPECT_TRUE(outcome.status.ok()) << outcome.status.error_message();
  EXPECT_EQ(outcome.reply.subject(), "alice");
}

TEST_F(TestingTest, JudgesAsInProduction) {
  EXPECT_THAT(
      CallWith(callers_->Bearer({.subject = "a"})).status.error_message(),
      StartsWith("insufficient_scope: SCOPE_INSUFFICIENT: "));
  EXPECT_THAT(CallWith(callers_->Bearer({.scopes = {"orders.read"},
                                         .audiences = {"billing"}}))
                  .status.error_message(),
              StartsWith("invalid_token: AUDIENCE_MISMATCH: "));
  EXPECT_THAT(CallWith(callers_->Bearer({.scopes = {"orders.read"},
                                         .expires_in = -absl::Seconds(1)}))
                  .status.error_message(),
              StartsWith("invalid_token: TOKEN_EXPIRED: "));
  EXPECT_THAT(CallWith("Bearer somebody-else").status.error_message(),
              StartsWith("invalid_token: SIGNATURE_INVALID: "));
  EXPECT_EQ(server_.entries(), 0);
}

TEST_F(TestingTest, RefusesAsTheTestWants) {
  EXPECT_THAT(CallWith(callers_->BearerDenied(Reason::kIssuerUnknown))
                  .status.error_message(),
              StartsWith("invalid_token: ISSUER_UNKNOWN: "));
  EXPECT_EQ(CallWith(callers_->BearerUndecided()).status.error_code(),
            grpc::StatusCode::UNAVAILABLE);
}

TEST_F(TestingTest, TakesThePolicyFromAFileToo) {
  const std::string path = ::testing::TempDir() + "guard_policy.yaml";
  std::ofstream(path) << "methods: {/usher.testing.Echo/Unary: public}\n";
  auto guard = Guard::Create(
      {.verifier = callers_, .audiences = {"orders"}, .policy_file = path});
  ASSERT_TRUE(guard.ok()) << guard.status();
  GuardedServer server(**guard, Style::kCallback);
  EXPECT_TRUE(Call(*server.NewStub(), Headers()).status.ok());
  std::ofstream(path) << "methods: {/usher.testing.Echo/Unary: {claims: "
                         "{tenant: acme}}}\n";
  ASSERT_TRUE((*guard)->ReloadPolicy().ok());
  const auto call = [&](std::string claims) {
    const std::string bearer =
        callers_->Bearer({.claims_json = std::move(claims)});
    return Call(*server.NewStub(), {{"authorization", bearer}}).status;
  };
  EXPECT_TRUE(call(R"({"tenant":"acme"})").ok());
  EXPECT_THAT(call(R"({"tenant":"emca"})").error_message(),
              StartsWith("CLAIM_REJECTED: claim tenant "));
  EXPECT_EQ(call("{}").error_code(), grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_EQ(guard_->ReloadPolicy().code(),
            absl::StatusCode::kFailedPrecondition);
}

TEST_F(TestingTest, TakesOnePolicyAndSaysWhatIsWrongWithAFile) {
  const std::string path = ::testing::TempDir() + "guard_faulty.yaml";
  std::ofstream(path) << "default: public\nservice: {}\n";
  const auto why = [&](GuardOptions options) {
    options.verifier = callers_;
    options.policy_file = path;
    const auto guard = Guard::Create(std::move(options));
    return std::string(guard.status().message());
  };
  EXPECT_THAT(why({}), AllOf(HasSubstr("unknown key \"service\""),
                             HasSubstr("default: must not be public")));
  EXPECT_THAT(why({.policy = MethodPolicy().Default({})}),
              HasSubstr("there can be one of the two"));
}

TEST_F(TestingTest, RevokesAtOnce) {
  const std::string alice =
      callers_->Bearer({.subject = "alice", .scopes = {"orders.read"}});
  EXPECT_TRUE(CallWith(alice).status.ok());
  callers_->Revoke(alice);
  EXPECT_THAT(CallWith(alice).status.error_message(),
              StartsWith("invalid_token: TOKEN_REVOKED: "));
}

}  // namespace
}  // namespace usher::testing

// Which paths reach a handler, and how a call ends whose method the server does
// not have.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/client/guard/grpc/guarded_server.h"
#include "usher/testing.h"

namespace usher::testing {
namespace {

using enum grpc::StatusCode;
using ::testing::StartsWith;

class GuardPath : public ::testing::TestWithParam<Style> {
 protected:
  GuardPath() {
    MethodPolicy policy;
    policy.Default({})
        .Service("usher.testing.Echo", {.scopes = {"echo"}})
        .Method("/usher.testing.Echo/Gone", {})
        .Health(Public());
    guard_ = *Guard::Create({.verifier = callers_,
                             .audiences = {"orders"},
                             .policy = std::move(policy)});
    server_.emplace(*guard_, GetParam());
    channel_ = server_->NewChannel();
  }

  grpc::Status CallPath(const std::string& path,
                        const std::string& authorization) {
    return testing::CallPath(channel_, path, authorization);
  }
  static bool ServesEveryPath() { return testing::ServesEveryPath(GetParam()); }

  const std::shared_ptr<FakeVerifier> callers_ =
      std::make_shared<FakeVerifier>();
  const std::string alice_ = callers_->Bearer({.subject = "alice"});
  std::unique_ptr<Guard> guard_;
  std::optional<GuardedServer> server_;
  std::shared_ptr<grpc::Channel> channel_;
};
INSTANTIATE_TEST_SUITE_P(Styles, GuardPath, ::testing::ValuesIn(kStyles),
                         [](const auto& style) {
                           std::string name = NameOf(style.param);
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

TEST_P(GuardPath, AnAdmittedCallToAMissingMethodEndsUnimplemented) {
  const auto expected = ServesEveryPath() ? OK : UNIMPLEMENTED;
  // Twice: the first call waits for the verifier.
  for (int i = 0; i < 2; ++i) {
    for (const char* path :
         {"/usher.testing.Echo/Gone", "/no.such.Service/Method"}) {
      EXPECT_EQ(CallPath(path, alice_).error_code(), expected) << path;
      EXPECT_EQ(CallPath(path, "").error_code(), UNAUTHENTICATED) << path;
    }
    EXPECT_EQ(CallPath("/grpc.health.v1.Health/Check", "").error_code(),
              expected)
        << "public, and no service has it";
  }
  EXPECT_EQ(server_->entries(), ServesEveryPath() ? 6 : 0);
}

TEST_P(GuardPath, ARefusalByThePolicyIsPermissionDenied) {
  for (const char* path :
       {"/usher.testing.Echo/Unary", "/usher.testing.Echo/Missing",
        "/grpc.channelz.v1.Channelz/GetServers"}) {
    EXPECT_EQ(CallPath(path, alice_).error_code(), PERMISSION_DENIED) << path;
  }
  EXPECT_EQ(server_->entries(), 0);
}

TEST_P(GuardPath, AnAmbiguousPathEndsAtTheGate) {
  for (const char* path :
       {"/no.such.Service/Method?x", "/no.such.Service/Method#x",
        "/no.such.Service/Method\x01", "/no.such.Service/Me thod",
        "/no.such.Service/Method\x7f", "/no.such.Service?/Method"}) {
    const grpc::Status status = CallPath(path, alice_);
    EXPECT_EQ(status.error_code(), PERMISSION_DENIED) << path;
    EXPECT_THAT(status.error_message(), StartsWith("METHOD_NOT_IN_POLICY: "));
  }
  EXPECT_EQ(server_->entries(), 0);
}

}  // namespace
}  // namespace usher::testing

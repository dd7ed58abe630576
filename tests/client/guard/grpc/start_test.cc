// A server does not start if its guard would not protect it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "grpc/support/log.h"
#include "tests/client/guard/grpc/guarded_server.h"

namespace usher::testing {
namespace {

using ::testing::HasSubstr;

// The errors in gRPC's log while this object lives.
class CapturedLog {
 public:
  CapturedLog() {
    Text().clear();
    gpr_set_log_function([](gpr_log_func_args* args) {
      if (args->severity == GPR_LOG_SEVERITY_ERROR) {
        Text() += std::string(args->message) + "\n";
      }
    });
  }
  ~CapturedLog() { gpr_set_log_function(nullptr); }
  static std::string& Text() {
    static std::string& text = *new std::string;
    return text;
  }
};

class GuardStart : public ::testing::Test {
 protected:
  GuardStart() { builder_.RegisterService(&service_); }

  // The log of a failed start, or "" if it did not fail.
  std::string StartFails() {
    CapturedLog log;
    const auto server = builder_.BuildAndStart();
    if (server == nullptr) return CapturedLog::Text();
    server->Shutdown();
    return "";
  }
  std::string CheckError() {
    return std::string(guard_->Check(builder_).message());
  }

  Echo::Service service_;
  const std::unique_ptr<Guard> guard_ = MakeGuard("localhost:1");
  grpc::ServerBuilder builder_;
};

class NoInterceptor final
    : public grpc::experimental::ServerInterceptorFactoryInterface {
 public:
  explicit NoInterceptor(int& made) : made_(made) {}
  grpc::experimental::Interceptor* CreateServerInterceptor(
      grpc::experimental::ServerRpcInfo*) override {
    ++made_;
    return nullptr;
  }

 private:
  int& made_;
};

TEST_F(GuardStart, SucceedsIfNothingIsMissing) {
  builder_.AddListeningPort("127.0.0.1:0", guard_->InsecureCredentials());
  builder_.AddListeningPort("127.0.0.1:0", guard_->LocalCredentials(LOCAL_TCP));
  guard_->Install(builder_);
  EXPECT_TRUE(guard_->Check(builder_).ok()) << guard_->Check(builder_);
  EXPECT_EQ(StartFails(), "");
}

TEST_F(GuardStart, FailsWithAPortWithoutAGate) {
  int port = 0;
  builder_.AddListeningPort("127.0.0.1:0", guard_->InsecureCredentials());
  builder_.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(),
                            &port);
  guard_->Install(builder_);
  EXPECT_THAT(CheckError(), HasSubstr("the port 127.0.0.1:0 has no gate"));
  EXPECT_THAT(StartFails(), HasSubstr("guard->SslCredentials(options)"));
}

TEST_F(GuardStart, FailsWithTheGateOfAnotherGuard) {
  const auto other = MakeGuard("localhost:2");
  builder_.AddListeningPort("127.0.0.1:0", other->InsecureCredentials());
  guard_->Install(builder_);
  EXPECT_THAT(StartFails(), HasSubstr("the gate of another guard"));
}

TEST_F(GuardStart, FailsWithoutAnyPort) {
  guard_->Install(builder_);
  EXPECT_THAT(StartFails(), HasSubstr("no port with a gate"));
}

TEST_F(GuardStart, FailsIfNothingIsInstalled) {
  builder_.AddListeningPort("127.0.0.1:0", guard_->InsecureCredentials());
  EXPECT_THAT(CheckError(), HasSubstr("Write guard->Install(builder)"));
  EXPECT_THAT(StartFails(), HasSubstr("guard->Install(builder)"));
}

TEST_F(GuardStart, FailsIfTheInterceptorWasReplaced) {
  builder_.AddListeningPort("127.0.0.1:0", guard_->InsecureCredentials());
  guard_->Install(builder_);
  builder_.experimental().SetInterceptorCreators({});
  EXPECT_THAT(CheckError(), HasSubstr("interceptor was replaced"));
  EXPECT_THAT(StartFails(), HasSubstr("guard->Install(builder, interceptors)"));
}

TEST_F(GuardStart, FailsWithOptionsWithoutAKey) {
  builder_.AddListeningPort("127.0.0.1:0", guard_->SslCredentials({}));
  guard_->Install(builder_);
  EXPECT_THAT(StartFails(), HasSubstr("no usable key and certificate"));
}

TEST_F(GuardStart, KeepsTheInterceptorsItIsGiven) {
  int made = 0;
  Guard::Interceptors others;
  others.push_back(std::make_unique<NoInterceptor>(made));
  int port = 0;
  builder_.AddListeningPort("127.0.0.1:0", guard_->InsecureCredentials(),
                            &port);
  guard_->Install(builder_, std::move(others));
  const auto server = builder_.BuildAndStart();
  ASSERT_NE(server, nullptr);
  const auto stub = Echo::NewStub(server->InProcessChannel({}));
  EXPECT_FALSE(Call(*stub, {}).status.ok());
  EXPECT_GT(made, 0);
  server->Shutdown();
}

TEST_F(GuardStart, LogsEachLoosenedOption) {
  CapturedLog log;
  ASSERT_TRUE(Guard::Create(OptionsFor("localhost:1")).ok());
  EXPECT_EQ(CapturedLog::Text(), "");
  GuardOptions options = OptionsFor("localhost:1");
  options.client.insecure_allow_plaintext = true;
  options.insecure_show_token_to_handlers = true;
  options.keep_tokens_to_forward = true;
  options.take_id_tokens_instead_of_access_tokens = true;
  ASSERT_TRUE(Guard::Create(std::move(options)).ok());
  for (const char* what :
       {"usher: weakens security: client.insecure_allow_plaintext: ",
        "usher: weakens security: insecure_show_token_to_handlers: ",
        "usher: weakens security: keep_tokens_to_forward: ",
        "usher: weakens security: take_id_tokens_instead_of_access_tokens: "}) {
    EXPECT_THAT(CapturedLog::Text(), HasSubstr(what));
  }
}

TEST_F(GuardStart, LogsEachPortThatTheNetworkCanRead) {
  builder_.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder_.AddListeningPort("127.0.0.1:0", guard_->InsecureCredentials());
  builder_.AddListeningPort("0.0.0.0:0", guard_->LocalCredentials(LOCAL_TCP));
  guard_->Install(builder_);
  CapturedLog log;
  auto server = builder_.BuildAndStart();
  ASSERT_NE(server, nullptr);
  EXPECT_EQ(CapturedLog::Text(), "");
  server->Shutdown();
  grpc::ServerBuilder open;
  open.AddListeningPort("0.0.0.0:0", guard_->InsecureCredentials());
  open.RegisterService(&service_);
  guard_->Install(open);
  server = open.BuildAndStart();
  ASSERT_NE(server, nullptr);
  EXPECT_THAT(CapturedLog::Text(),
              HasSubstr("weakens security: InsecureCredentials() on 0.0.0.0:0: "));
  server->Shutdown();
}

TEST_F(GuardStart, TheGateCannotBeReplaced) {
  CapturedLog log;
  guard_->InsecureCredentials()->SetAuthMetadataProcessor(nullptr);
  EXPECT_THAT(CapturedLog::Text(), HasSubstr("would replace the gate"));
}

}  // namespace
}  // namespace usher::testing

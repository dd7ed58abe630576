// A server whose guard would not guard does not start.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "grpc/support/log.h"
#include "tests/client/guard/grpc/guarded_server.h"

namespace usher::testing {
namespace {

using ::testing::HasSubstr;

// What gRPC's log says while one of these lives.
class HeardLog {
 public:
  HeardLog() {
    Text().clear();
    gpr_set_log_function([](gpr_log_func_args* args) {
      if (args->severity == GPR_LOG_SEVERITY_ERROR) {
        Text() += std::string(args->message) + "\n";
      }
    });
  }
  ~HeardLog() { gpr_set_log_function(nullptr); }
  static std::string& Text() {
    static std::string& text = *new std::string;
    return text;
  }
};

class GuardStart : public ::testing::Test {
 protected:
  GuardStart() { builder_.RegisterService(&service_); }

  // What the log said of a start that failed; "" where it did not.
  std::string StartFails() {
    HeardLog log;
    const auto server = builder_.BuildAndStart();
    if (server == nullptr) return HeardLog::Text();
    server->Shutdown();
    return "";
  }
  std::string Fault() { return std::string(guard_->Check(builder_).message()); }

  Echo::Service service_;
  const std::unique_ptr<Guard> guard_ = GuardAsking("localhost:1");
  grpc::ServerBuilder builder_;
};

class Silent final
    : public grpc::experimental::ServerInterceptorFactoryInterface {
 public:
  explicit Silent(int& made) : made_(made) {}
  grpc::experimental::Interceptor* CreateServerInterceptor(
      grpc::experimental::ServerRpcInfo*) override {
    ++made_;
    return nullptr;
  }

 private:
  int& made_;
};

TEST_F(GuardStart, HappensWhereAllIsInPlace) {
  builder_.AddListeningPort("127.0.0.1:0", guard_->InsecureCredentials());
  builder_.AddListeningPort("127.0.0.1:0", guard_->LocalCredentials(LOCAL_TCP));
  guard_->Install(builder_);
  EXPECT_TRUE(guard_->Check(builder_).ok()) << guard_->Check(builder_);
  EXPECT_EQ(StartFails(), "");
}

TEST_F(GuardStart, FailsWithAPortThatHasNoGate) {
  int port = 0;
  builder_.AddListeningPort("127.0.0.1:0", guard_->InsecureCredentials());
  builder_.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(),
                            &port);
  guard_->Install(builder_);
  EXPECT_THAT(Fault(), HasSubstr("the port 127.0.0.1:0 has no gate"));
  EXPECT_THAT(StartFails(), HasSubstr("guard->SslCredentials(options)"));
}

TEST_F(GuardStart, FailsWithTheGateOfAnotherGuard) {
  const auto other = GuardAsking("localhost:2");
  builder_.AddListeningPort("127.0.0.1:0", other->InsecureCredentials());
  guard_->Install(builder_);
  EXPECT_THAT(StartFails(), HasSubstr("the gate of another guard"));
}

TEST_F(GuardStart, FailsWithoutAnyPort) {
  guard_->Install(builder_);
  EXPECT_THAT(StartFails(), HasSubstr("no port with a gate"));
}

TEST_F(GuardStart, FailsWhereNothingIsInstalled) {
  builder_.AddListeningPort("127.0.0.1:0", guard_->InsecureCredentials());
  EXPECT_THAT(Fault(), HasSubstr("Write guard->Install(builder)"));
  EXPECT_THAT(StartFails(), HasSubstr("guard->Install(builder)"));
}

TEST_F(GuardStart, FailsWhereTheInterceptorWasReplaced) {
  builder_.AddListeningPort("127.0.0.1:0", guard_->InsecureCredentials());
  guard_->Install(builder_);
  builder_.experimental().SetInterceptorCreators({});
  EXPECT_THAT(Fault(), HasSubstr("interceptor was replaced"));
  EXPECT_THAT(StartFails(), HasSubstr("guard->Install(builder, interceptors)"));
}

TEST_F(GuardStart, FailsWithOptionsThatHoldNoKey) {
  builder_.AddListeningPort("127.0.0.1:0", guard_->SslCredentials({}));
  guard_->Install(builder_);
  EXPECT_THAT(StartFails(), HasSubstr("no usable key and certificate"));
}

TEST_F(GuardStart, KeepsTheInterceptorsItIsGiven) {
  int made = 0;
  Guard::Interceptors others;
  others.push_back(std::make_unique<Silent>(made));
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

TEST_F(GuardStart, SaysWhatIsLoosened) {
  HeardLog log;
  ASSERT_TRUE(Guard::Create(OptionsAsking("localhost:1")).ok());
  EXPECT_EQ(HeardLog::Text(), "");
  GuardOptions options = OptionsAsking("localhost:1");
  options.client.insecure_allow_plaintext = true;
  options.insecure_show_token_to_handlers = true;
  options.keep_tokens_to_forward = true;
  options.take_id_tokens_instead_of_access_tokens = true;
  ASSERT_TRUE(Guard::Create(std::move(options)).ok());
  for (const char* what :
       {"usher: loosened: client.insecure_allow_plaintext: ",
        "usher: loosened: insecure_show_token_to_handlers: ",
        "usher: loosened: keep_tokens_to_forward: ",
        "usher: loosened: take_id_tokens_instead_of_access_tokens: "}) {
    EXPECT_THAT(HeardLog::Text(), HasSubstr(what));
  }
}

TEST_F(GuardStart, SaysWhichPortIsReadableByTheNetwork) {
  builder_.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder_.AddListeningPort("127.0.0.1:0", guard_->InsecureCredentials());
  builder_.AddListeningPort("0.0.0.0:0", guard_->LocalCredentials(LOCAL_TCP));
  guard_->Install(builder_);
  HeardLog log;
  auto server = builder_.BuildAndStart();
  ASSERT_NE(server, nullptr);
  EXPECT_EQ(HeardLog::Text(), "");
  server->Shutdown();
  grpc::ServerBuilder open;
  open.AddListeningPort("0.0.0.0:0", guard_->InsecureCredentials());
  open.RegisterService(&service_);
  guard_->Install(open);
  server = open.BuildAndStart();
  ASSERT_NE(server, nullptr);
  EXPECT_THAT(HeardLog::Text(),
              HasSubstr("loosened: InsecureCredentials() on 0.0.0.0:0: "));
  server->Shutdown();
}

TEST_F(GuardStart, LetsNobodyReplaceTheGate) {
  HeardLog log;
  guard_->InsecureCredentials()->SetAuthMetadataProcessor(nullptr);
  EXPECT_THAT(HeardLog::Text(), HasSubstr("would replace the gate"));
}

}  // namespace
}  // namespace usher::testing

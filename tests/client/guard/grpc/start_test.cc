// A server does not start if its guard would not protect it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "grpcpp/create_channel.h"
#include "grpcpp/support/method_handler.h"
#include "lib/base/text/strings.h"
#include "lib/rpc/grpc_log.h"
#include "lib/rpc/grpc_version.h"
#include "tests/client/guard/grpc/guarded_server.h"
#include "tests/support/certificate_authority.h"

namespace usher::testing {
namespace {

using enum grpc::StatusCode;
using ::testing::HasSubstr;

// The errors in gRPC's log while this object lives.
class CapturedLog {
 public:
  CapturedLog() {
    Text().clear();
    rpc::SetLogSink([](bool is_error, std::string_view line) {
      if (is_error) Text() += base::StrCat(line, "\n");
    });
  }
  ~CapturedLog() { rpc::SetLogSink(nullptr); }
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

TEST_F(GuardStart, FailsIfInterceptorsWereSetBefore) {
  int made = 0;
  Guard::Interceptors others;
  others.push_back(std::make_unique<NoInterceptor>(made));
  builder_.AddListeningPort("127.0.0.1:0", guard_->InsecureCredentials());
  builder_.experimental().SetInterceptorCreators(std::move(others));
  guard_->Install(builder_);
  EXPECT_THAT(CheckError(),
              HasSubstr("called before guard->Install(), which replaced"));
  EXPECT_THAT(StartFails(), HasSubstr("guard->Install(builder, interceptors)"));
}

TEST_F(GuardStart, FailsIfTheGuardIsInstalledTwice) {
  builder_.AddListeningPort("127.0.0.1:0", guard_->InsecureCredentials());
  guard_->Install(builder_);
  guard_->Install(builder_);
  EXPECT_THAT(StartFails(), HasSubstr("once for each builder"));
}

TEST_F(GuardStart, FailsWithConnectionsThatComeThroughNoPort) {
  builder_.AddListeningPort("127.0.0.1:0", guard_->InsecureCredentials());
  const auto acceptor = builder_.experimental().AddExternalConnectionAcceptor(
      grpc::ServerBuilder::experimental_type::ExternalConnectionType::FROM_FD,
      grpc::InsecureServerCredentials());
  guard_->Install(builder_);
  EXPECT_THAT(CheckError(), HasSubstr("external connection acceptor"));
  EXPECT_THAT(StartFails(), HasSubstr("does not check calls"));
}

#if USHER_GRPC_VERSION >= 1065
TEST_F(GuardStart, FailsWithAPassiveListener) {
  builder_.AddListeningPort("127.0.0.1:0", guard_->InsecureCredentials());
  std::unique_ptr<grpc::experimental::PassiveListener> listener;
  builder_.experimental().AddPassiveListener(grpc::InsecureServerCredentials(),
                                             listener);
  guard_->Install(builder_);
  EXPECT_THAT(StartFails(), HasSubstr("passive listener"));
}
#endif

TEST_F(GuardStart, FailsWithXdsCredentialsAroundTheGuards) {
  for (const bool installed : {true, false}) {
    grpc::ServerBuilder builder;
    builder.RegisterService(&service_);
    CapturedLog log;
    builder.AddListeningPort("127.0.0.1:0", grpc::XdsServerCredentials(
                                                guard_->InsecureCredentials()));
    if (installed) guard_->Install(builder);
    EXPECT_EQ(builder.BuildAndStart(), nullptr);
    EXPECT_NE(CapturedLog::Text(), "");
    if (!installed) continue;
    EXPECT_THAT(std::string(guard_->Check(builder).message()),
                HasSubstr("no XdsServerCredentials"));
  }
}

TEST_F(GuardStart, FailsWithAnAuthMetadataProcessor) {
  const auto credentials = guard_->InsecureCredentials();
  CapturedLog log;
  credentials->SetAuthMetadataProcessor(nullptr);
  EXPECT_THAT(CapturedLog::Text(), HasSubstr("would replace the gate"));
  builder_.AddListeningPort("127.0.0.1:0", credentials);
  guard_->Install(builder_);
  EXPECT_THAT(CheckError(), HasSubstr("were given an AuthMetadataProcessor"));
  EXPECT_EQ(builder_.BuildAndStart(), nullptr);
}

TEST_F(GuardStart, NamesThePemThatGrpcCannotUse) {
  const CertificateAuthority authority;
  const Certificate good = authority.Issue();
  const Certificate other = authority.Issue();
  struct Case {
    std::string key, chain, roots;
    const char* error;
  };
  const Case cases[] = {
      {"", "", "", "cert_chain: holds no PEM certificate"},
      {"x", good.chain, "", "private_key: holds no PEM private key"},
      {other.private_key, good.chain, "", "does not belong to the certificate"},
      {good.private_key, good.chain, "x", "pem_root_certs: holds no PEM"}};
  for (const Case& one : cases) {
    grpc::SslServerCredentialsOptions options;
    options.pem_key_cert_pairs = {{one.key, one.chain}};
    options.pem_root_certs = one.roots;
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", guard_->SslCredentials(options));
    guard_->Install(builder);
    EXPECT_THAT(std::string(guard_->Check(builder).message()),
                HasSubstr(one.error));
    EXPECT_EQ(builder.BuildAndStart(), nullptr);
    EXPECT_THAT(std::string(guard_->Check(builder).message()),
                HasSubstr(one.error));
  }
}

TEST_F(GuardStart, FailsWithOptionsWithoutAKey) {
  builder_.AddListeningPort("127.0.0.1:0", guard_->SslCredentials({}));
  guard_->Install(builder_);
  EXPECT_THAT(StartFails(), HasSubstr("pem_key_cert_pairs: must not be empty"));
}

// A TCP port of this machine on which something listens.
class TakenPort {
 public:
  TakenPort() : socket_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* any = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(bind(socket_, any, size), 0);
    EXPECT_EQ(listen(socket_, 1), 0);
    EXPECT_EQ(getsockname(socket_, any, &size), 0);
    address_ = base::StrCat("127.0.0.1:", ntohs(address.sin_port));
  }
  ~TakenPort() { close(socket_); }
  const std::string& address() const { return address_; }

 private:
  const int socket_;
  std::string address_;
};

TEST_F(GuardStart, SaysThatAPortIsInUse) {
  const TakenPort taken;
  builder_.AddListeningPort(taken.address(), guard_->InsecureCredentials());
  guard_->Install(builder_);
  EXPECT_EQ(builder_.BuildAndStart(), nullptr);
  EXPECT_EQ(CheckError(),
            base::StrCat("the server cannot listen on ", taken.address(),
                         ": Address already in use"));
  // Once more with the same builder.
  EXPECT_EQ(builder_.BuildAndStart(), nullptr);
  EXPECT_THAT(CheckError(), HasSubstr("Use one builder for each server; the "
                                      "first start failed: the server cannot"));
}

TEST_F(GuardStart, OpensNoPortAbove65535) {
  builder_.AddListeningPort("127.0.0.1:88979", guard_->InsecureCredentials());
  guard_->Install(builder_);
  EXPECT_THAT(StartFails(), HasSubstr("a port is at most 65535"));
  EXPECT_THAT(CheckError(), HasSubstr("127.0.0.1:88979"));
}

TEST_F(GuardStart, SaysThatABuilderWasUsedTwice) {
  builder_.AddListeningPort("127.0.0.1:0", guard_->InsecureCredentials());
  guard_->Install(builder_);
  const auto first = builder_.BuildAndStart();
  ASSERT_NE(first, nullptr);
  EXPECT_EQ(CheckError(), "");
  EXPECT_EQ(builder_.BuildAndStart(), nullptr);
  EXPECT_THAT(CheckError(), HasSubstr("Use one builder for each server"));
  first->Shutdown();
}

// What a server that did not start has left behind opens no port of another.
TEST_F(GuardStart, ApprovesThePortsOfOneServerOnly) {
  const TakenPort taken;
  GuardedService wrapped(service_);
  const auto shared = guard_->InsecureCredentials();
  for (int round = 0; round < 10; ++round) {
    grpc::ServerBuilder failing;
    failing.AddListeningPort(taken.address(), shared);
    failing.AddListeningPort("127.0.0.1:0", shared);
    failing.RegisterService(&wrapped);
    guard_->Install(failing);
    EXPECT_EQ(failing.BuildAndStart(), nullptr);

    grpc::ServerBuilder bare;  // without Install()
    bare.AddListeningPort("127.0.0.1:0", shared);
    bare.RegisterService(&service_);
    EXPECT_EQ(bare.BuildAndStart(), nullptr);
  }
  // A retry with another builder and the same credentials.
  grpc::ServerBuilder retry;
  retry.AddListeningPort("127.0.0.1:0", shared);
  retry.RegisterService(&wrapped);
  guard_->Install(retry);
  const auto server = retry.BuildAndStart();
  ASSERT_NE(server, nullptr);
  EXPECT_TRUE(guard_->Check(retry).ok()) << guard_->Check(retry);
  server->Shutdown();
}

// A service whose .pb.cc is not in the program.
class Undescribed final : public grpc::Service {
 public:
  Undescribed() {
    using grpc::internal::RpcServiceMethod;
    AddMethod(new RpcServiceMethod(
        "/made.up.Service/Do", RpcServiceMethod::NORMAL_RPC,
        new grpc::internal::ErrorMethodHandler<UNIMPLEMENTED>("")));
  }
};

TEST_F(GuardStart, SaysThatADescriptorIsNotLinked) {
  Undescribed service;
  GuardedService guarded(service);
  builder_.AddListeningPort("127.0.0.1:0", guard_->InsecureCredentials());
  builder_.RegisterService(&guarded);
  guard_->Install(builder_);
  EXPECT_THAT(StartFails(), HasSubstr("/made.up.Service/Do has no protobuf "
                                      "descriptor in this program"));
  EXPECT_THAT(CheckError(), HasSubstr("WHOLE_ARCHIVE"));
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
  EXPECT_THAT(
      CapturedLog::Text(),
      HasSubstr("weakens security: InsecureCredentials() on 0.0.0.0:0: "));
  server->Shutdown();
}

}  // namespace
}  // namespace usher::testing

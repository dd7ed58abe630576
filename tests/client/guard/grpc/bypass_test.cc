// Connections that come through no port: no way around the gate gives a handler
// a caller, or runs a handler behind a GuardedService.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/socket.h>

#include <array>

#include "grpcpp/create_channel_posix.h"
#include "grpcpp/server_posix.h"
#include "lib/rpc/grpc_version.h"
#include "tests/client/guard/grpc/fake_usherd.h"
#include "tests/client/guard/grpc/guarded_server.h"

namespace usher::testing {
namespace {

using enum grpc::StatusCode;
using ::testing::HasSubstr;

// A stub whose connection the server gets as a file descriptor, when it runs
// already: no check at the start can see it.
std::unique_ptr<Echo::Stub> ConnectByDescriptor(GuardedServer& server) {
  std::array<int, 2> ends = {};
  EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()), 0);
  for (const int end : ends) fcntl(end, F_SETFL, O_NONBLOCK);
  grpc::AddInsecureChannelFromFd(&server.server(), ends[0]);
  return Echo::NewStub(
      grpc::CreateInsecureChannelFromFd("descriptor", ends[1]));
}

TEST(GuardBypass, AConnectionByDescriptorHasNoCaller) {
  FakeUsherd usherd;
  for (const Style style : kStyles) {
    const auto guard = MakeGuard(usherd.address());
    GuardedServer server(*guard, style);
    // The token is known, and its calls are admitted at the port.
    const auto stub = server.NewStub();
    ASSERT_TRUE(Call(*stub, Bearer("good.alice")).status.ok());
    const auto around = ConnectByDescriptor(server);
    const Outcome outcome = Call(*around, Bearer("good.alice"));
    EXPECT_EQ(outcome.status.error_code(), UNAUTHENTICATED) << NameOf(style);
    EXPECT_THAT(outcome.status.error_message(), HasSubstr("did not pass"));
    EXPECT_EQ(outcome.reply.subject(), "");
    EXPECT_EQ(Call(*stub, Bearer("good.alice")).reply.subject(), "alice");
  }
}

TEST(GuardBypass, AConnectionByDescriptorReachesNoGuardedService) {
  FakeUsherd usherd;
  for (const Style style : {Style::kSync, Style::kCallback}) {
    const auto guard = MakeGuard(usherd.address());
    GuardedServer server(*guard, style, Port::kInsecure,
                         GuardedServer::Refusals::kRich);
    ASSERT_TRUE(Call(*server.NewStub(), Bearer("good.alice")).status.ok());
    const auto around = ConnectByDescriptor(server);
    EXPECT_EQ(Call(*around, Bearer("good.alice")).status.error_code(),
              UNAUTHENTICATED);
    EXPECT_EQ(server.entries(), 1) << NameOf(style);
  }
}

TEST(GuardBypass, AnAcceptorWithTheGuardsCredentialsStartsNoServer) {
  const auto guard = MakeGuard("localhost:1");
  for (const bool installed : {false, true}) {
    // Newer versions of gRPC end the process, without the guard too.
    if (!installed && USHER_GRPC_VERSION >= 1065) continue;
    Echo::Service service;
    grpc::ServerBuilder builder;
    builder.RegisterService(&service);
    builder.AddListeningPort("127.0.0.1:0", guard->InsecureCredentials());
    const auto acceptor = builder.experimental().AddExternalConnectionAcceptor(
        grpc::ServerBuilder::experimental_type::ExternalConnectionType::FROM_FD,
        guard->InsecureCredentials());
    if (installed) guard->Install(builder);
    EXPECT_EQ(builder.BuildAndStart(), nullptr);
  }
}

}  // namespace
}  // namespace usher::testing

// Guarded services on servers that are built in unusual and wrong ways: no
// handler runs for a refused call.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "grpcpp/create_channel.h"
#include "lib/base/text/strings.h"
#include "tests/client/guard/grpc/fake_usherd.h"
#include "tests/client/guard/grpc/guarded_server.h"
#include "tests/client/guard/grpc/rich_outcome.h"
#include "usher/guarded_service.h"
#include "usher/refuse.h"
#include "usher/testing.h"

namespace usher::testing {
namespace {

using enum grpc::StatusCode;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Servers of one Echo service, built step by step.
class ByHand : public ::testing::Test {
 protected:
  struct Stop {
    void operator()(grpc::Server* server) const {
      server->Shutdown(std::chrono::system_clock::now());
      delete server;
    }
  };
  struct RunningServer {
    std::unique_ptr<grpc::Server, Stop> server;
    std::unique_ptr<Echo::Stub> stub;
  };
  RunningServer Start(grpc::ServerBuilder& builder,
                      std::shared_ptr<grpc::ServerCredentials> credentials) {
    int port = 0;
    builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
    builder.AddListeningPort("127.0.0.1:0", std::move(credentials), &port);
    RunningServer running;
    running.server.reset(builder.BuildAndStart().release());
    running.stub = Echo::NewStub(grpc::CreateChannel(
        base::StrCat("127.0.0.1:", port), grpc::InsecureChannelCredentials()));
    return running;
  }
  grpc::Service& plain() { return dynamic_cast<grpc::Service&>(*handlers_); }

  FakeUsherd usherd_;
  const std::unique_ptr<Guard> guard_ = MakeScopedGuard(usherd_.address());
  Counter counter_;
  const std::unique_ptr<Handlers> handlers_ =
      MakeHandlers(Style::kSync, counter_);
  GuardedService guarded_{plain()};
};

TEST_F(ByHand, AGuardWithTwoServersAddsDetailsOnlyWhereWrapped) {
  grpc::ServerBuilder wrapped;
  wrapped.RegisterService(&guarded_);
  guard_->Install(wrapped);
  grpc::ServerBuilder bare;
  bare.RegisterService(&plain());
  guard_->Install(bare);
  const RunningServer rich = Start(wrapped, guard_->InsecureCredentials());
  const RunningServer poor = Start(bare, guard_->InsecureCredentials());
  for (int i = 0; i < 2; ++i) {
    ExpectPlain(Call(*poor.stub, Bearer("poor.eve")));
    ExpectRich(Call(*rich.stub, Bearer("poor.eve")));
    EXPECT_EQ(counter_.entries, i * 2);
    EXPECT_TRUE(Call(*poor.stub, Bearer("good.alice")).status.ok());
    EXPECT_TRUE(Call(*rich.stub, Bearer("good.alice")).status.ok());
  }
}

TEST_F(ByHand, ServersThatShareCredentialsMustAgree) {
  for (const bool wrapped_first : {true, false}) {
    const auto shared = guard_->InsecureCredentials();
    grpc::ServerBuilder first;
    first.RegisterService(wrapped_first ? &guarded_ : &plain());
    guard_->Install(first);
    grpc::ServerBuilder second;
    second.RegisterService(wrapped_first ? &plain() : &guarded_);
    guard_->Install(second);
    const RunningServer one = Start(first, shared);
    ASSERT_NE(one.server, nullptr);
    EXPECT_TRUE(guard_->Check(first).ok()) << guard_->Check(first);
    const RunningServer other = Start(second, shared);
    EXPECT_EQ(other.server, nullptr);
    EXPECT_THAT(std::string(guard_->Check(second).message()),
                HasSubstr("used by another server too"));
    const Outcome poor = Call(*one.stub, Bearer("poor.eve"));
    wrapped_first ? ExpectRich(poor) : ExpectPlain(poor);
  }
  EXPECT_EQ(counter_.entries, 0);
}

TEST_F(ByHand, SeveralPortsMayShareCredentials) {
  const auto shared = guard_->InsecureCredentials();
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:0", shared);
  builder.RegisterService(&guarded_);
  guard_->Install(builder);
  const RunningServer running = Start(builder, shared);
  ASSERT_NE(running.server, nullptr);
  ExpectRich(Call(*running.stub, Bearer("poor.eve")));
}

TEST_F(ByHand, AServiceOfOneHostGetsNoDetails) {
  grpc::ServerBuilder builder;
  builder.RegisterService("orders.example.com", &guarded_);
  builder.RegisterService(&plain());
  guard_->Install(builder);
  const RunningServer running = Start(builder, guard_->InsecureCredentials());
  ExpectPlain(Call(*running.stub, Bearer("poor.eve")));
  EXPECT_TRUE(Call(*running.stub, Bearer("good.alice")).status.ok());
  EXPECT_EQ(counter_.entries, 1);
}

TEST_F(ByHand, AServiceAlsoRegisteredUnwrappedForAHostGetsNoDetails) {
  grpc::ServerBuilder builder;
  builder.RegisterService(&guarded_);
  builder.RegisterService("orders.example.com", &plain());
  guard_->Install(builder);
  const RunningServer running = Start(builder, guard_->InsecureCredentials());
  ExpectPlain(Call(*running.stub, Bearer("poor.eve")));
  EXPECT_TRUE(Call(*running.stub, Bearer("good.alice")).status.ok());
  EXPECT_EQ(counter_.entries, 1);
}

TEST_F(ByHand, AWrapperWithoutAGuardRefusesEveryCall) {
  for (const Style style : {Style::kSync, Style::kCallback}) {
    Counter counter;
    const auto handlers = MakeHandlers(style, counter);
    GuardedService guarded(dynamic_cast<grpc::Service&>(*handlers));
    grpc::ServerBuilder builder;
    builder.RegisterService(&guarded);
    const RunningServer running =
        Start(builder, grpc::InsecureServerCredentials());
    for (const Kind kind : kKinds) {
      const Outcome outcome = Call(*running.stub, kind, Bearer("good.alice"));
      EXPECT_FALSE(outcome.status.ok());
    }
    EXPECT_EQ(counter.entries, 0) << "a handler ran";
  }
}

TEST_F(ByHand, ABuilderStartsOneServer) {
  grpc::ServerBuilder builder;
  builder.RegisterService(&guarded_);
  guard_->Install(builder);
  const RunningServer first = Start(builder, guard_->InsecureCredentials());
  ASSERT_NE(first.server, nullptr);
  EXPECT_EQ(builder.BuildAndStart(), nullptr);
}

TEST_F(ByHand, ACompletionQueueHasNoHandlerToWrap) {
  Echo::AsyncService queue;
  GuardedService guarded(queue);
  EXPECT_THAT(guarded.error(), HasSubstr("completion queue"));
  EXPECT_THAT(guarded.wrapped(), IsEmpty());
  grpc::ServerBuilder builder;
  builder.RegisterService(&guarded);
  guard_->Install(builder);
  EXPECT_EQ(Start(builder, guard_->InsecureCredentials()).server, nullptr);
  EXPECT_THAT(std::string(guard_->Check(builder).message()),
              HasSubstr("Register the service itself"));
}

// Handlers that refuse a call themselves, in both styles.
class Refusing final : public Echo::Service {
  grpc::Status Unary(grpc::ServerContext* context, const EchoRequest*,
                     EchoReply*) override {
    return RefuseScopes(*context, {"orders.write"});
  }
};
class RefusingCallback final : public Echo::CallbackService {
  grpc::ServerUnaryReactor* Unary(grpc::CallbackServerContext* context,
                                  const EchoRequest*, EchoReply*) override {
    auto* reactor = context->DefaultReactor();
    reactor->Finish(RefuseScopes(*context, {"orders.write"}));
    return reactor;
  }
};

TEST_F(ByHand, HandlersCanRefuseWithDetails) {
  Refusing sync;
  RefusingCallback callback;
  GuardedService wrapped(callback);
  for (grpc::Service* service :
       std::initializer_list<grpc::Service*>{&sync, &callback, &wrapped}) {
    grpc::ServerBuilder builder;
    builder.RegisterService(service);
    guard_->Install(builder);
    const RunningServer running = Start(builder, guard_->InsecureCredentials());
    const Outcome outcome = Call(*running.stub, Bearer("good.alice"));
    EXPECT_EQ(outcome.status.error_code(), PERMISSION_DENIED);
    EXPECT_EQ(DetailsOf(outcome.status),
              "SCOPE_INSUFFICIENT usher.dev scope=orders.write "
              "scope_match=all");
    EXPECT_THAT(ChallengeOf(outcome), HasSubstr("scope=\"orders.write\""));
  }
}

}  // namespace
}  // namespace usher::testing

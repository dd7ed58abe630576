// Guarded services on servers that are put together in every way, the wrong
// ones too: no handler runs for who was refused.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "grpcpp/create_channel.h"
#include "lib/base/strings.h"
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

// A server of one Echo service, built by hand.
class ByHand : public ::testing::Test {
 protected:
  struct Stop {
    void operator()(grpc::Server* server) const {
      server->Shutdown(std::chrono::system_clock::now());
      delete server;
    }
  };
  struct Place {
    std::unique_ptr<grpc::Server, Stop> server;
    std::unique_ptr<Echo::Stub> stub;
  };
  Place Start(grpc::ServerBuilder& builder,
              std::shared_ptr<grpc::ServerCredentials> credentials) {
    int port = 0;
    builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
    builder.AddListeningPort("127.0.0.1:0", std::move(credentials), &port);
    Place place;
    place.server.reset(builder.BuildAndStart().release());
    place.stub = Echo::NewStub(grpc::CreateChannel(
        base::StrCat("127.0.0.1:", port), grpc::InsecureChannelCredentials()));
    return place;
  }
  grpc::Service& plain() { return dynamic_cast<grpc::Service&>(*handlers_); }

  FakeUsherd usherd_;
  const std::unique_ptr<Guard> guard_ = GuardAsking(usherd_.address());
  Seen seen_;
  const std::unique_ptr<Handlers> handlers_ = MakeHandlers(Style::kSync, seen_);
  GuardedService guarded_{plain()};
};

TEST_F(ByHand, AGuardWithTwoServersRefusesRichlyWhereItIsWrapped) {
  grpc::ServerBuilder wrapped;
  wrapped.RegisterService(&guarded_);
  guard_->Install(wrapped);
  grpc::ServerBuilder bare;
  bare.RegisterService(&plain());
  guard_->Install(bare);
  const Place rich = Start(wrapped, guard_->InsecureCredentials());
  const Place poor = Start(bare, guard_->InsecureCredentials());
  for (int i = 0; i < 2; ++i) {
    ExpectPlain(Call(*poor.stub, Bearer("old")));
    ExpectExpired(Call(*rich.stub, Bearer("old")));
    EXPECT_EQ(seen_.entries, i * 2);
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
    const Place one = Start(first, shared);
    ASSERT_NE(one.server, nullptr);
    EXPECT_TRUE(guard_->Check(first).ok()) << guard_->Check(first);
    const Place other = Start(second, shared);
    EXPECT_EQ(other.server, nullptr);
    EXPECT_THAT(std::string(guard_->Check(second).message()),
                HasSubstr("serve another server too"));
    const Outcome old = Call(*one.stub, Bearer("old"));
    wrapped_first ? ExpectExpired(old) : ExpectPlain(old);
  }
  EXPECT_EQ(seen_.entries, 0);
}

TEST_F(ByHand, SeveralPortsMayShareCredentials) {
  const auto shared = guard_->InsecureCredentials();
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:0", shared);
  builder.RegisterService(&guarded_);
  guard_->Install(builder);
  const Place place = Start(builder, shared);
  ASSERT_NE(place.server, nullptr);
  ExpectExpired(Call(*place.stub, Bearer("old")));
}

TEST_F(ByHand, AServiceOfOneHostIsRefusedPlainly) {
  grpc::ServerBuilder builder;
  builder.RegisterService("orders.example.com", &guarded_);
  builder.RegisterService(&plain());
  guard_->Install(builder);
  const Place place = Start(builder, guard_->InsecureCredentials());
  ExpectPlain(Call(*place.stub, Bearer("old")));
  EXPECT_TRUE(Call(*place.stub, Bearer("good.alice")).status.ok());
  EXPECT_EQ(seen_.entries, 1);
}

TEST_F(ByHand, AServiceThatHasABareTwinForOneHostIsRefusedPlainly) {
  grpc::ServerBuilder builder;
  builder.RegisterService(&guarded_);
  builder.RegisterService("orders.example.com", &plain());
  guard_->Install(builder);
  const Place place = Start(builder, guard_->InsecureCredentials());
  ExpectPlain(Call(*place.stub, Bearer("old")));
  EXPECT_TRUE(Call(*place.stub, Bearer("good.alice")).status.ok());
  EXPECT_EQ(seen_.entries, 1);
}

TEST_F(ByHand, AWrapperWithoutAGuardRefusesEverybody) {
  for (const Style style : {Style::kSync, Style::kCallback}) {
    Seen seen;
    const auto handlers = MakeHandlers(style, seen);
    GuardedService guarded(dynamic_cast<grpc::Service&>(*handlers));
    grpc::ServerBuilder builder;
    builder.RegisterService(&guarded);
    const Place place = Start(builder, grpc::InsecureServerCredentials());
    for (const Kind kind : kKinds) {
      const Outcome outcome = Call(*place.stub, kind, Bearer("good.alice"));
      EXPECT_FALSE(outcome.status.ok());
    }
    EXPECT_EQ(seen.entries, 0) << "a handler ran";
  }
}

TEST_F(ByHand, ABuilderServesOnce) {
  grpc::ServerBuilder builder;
  builder.RegisterService(&guarded_);
  guard_->Install(builder);
  const Place first = Start(builder, guard_->InsecureCredentials());
  ASSERT_NE(first.server, nullptr);
  EXPECT_EQ(builder.BuildAndStart(), nullptr);
}

TEST_F(ByHand, AQueueHasNoHandlerToStandBefore) {
  Echo::AsyncService queue;
  GuardedService guarded(queue);
  EXPECT_THAT(guarded.fault(), HasSubstr("completion queue"));
  EXPECT_THAT(guarded.wrapped(), IsEmpty());
  grpc::ServerBuilder builder;
  builder.RegisterService(&guarded);
  guard_->Install(builder);
  EXPECT_EQ(Start(builder, guard_->InsecureCredentials()).server, nullptr);
  EXPECT_THAT(std::string(guard_->Check(builder).message()),
              HasSubstr("Register the service itself"));
}

// Handlers that refuse by themselves, in both styles.
class Choosy final : public Echo::Service {
  grpc::Status Unary(grpc::ServerContext* context, const EchoRequest*,
                     EchoReply*) override {
    return RefuseScopes(*context, {"orders.write"});
  }
};
class ChoosyCallback final : public Echo::CallbackService {
  grpc::ServerUnaryReactor* Unary(grpc::CallbackServerContext* context,
                                  const EchoRequest*, EchoReply*) override {
    auto* reactor = context->DefaultReactor();
    reactor->Finish(RefuseScopes(*context, {"orders.write"}));
    return reactor;
  }
};

TEST_F(ByHand, HandlersMayRefuseAsRichly) {
  Choosy sync;
  ChoosyCallback callback;
  GuardedService wrapped(callback);
  for (grpc::Service* service :
       std::initializer_list<grpc::Service*>{&sync, &callback, &wrapped}) {
    grpc::ServerBuilder builder;
    builder.RegisterService(service);
    guard_->Install(builder);
    const Place place = Start(builder, guard_->InsecureCredentials());
    const Outcome outcome = Call(*place.stub, Bearer("good.alice"));
    EXPECT_EQ(outcome.status.error_code(), PERMISSION_DENIED);
    EXPECT_EQ(DetailsOf(outcome.status),
              "SCOPE_INSUFFICIENT usher.dev scope=orders.write "
              "scope_match=all");
    EXPECT_THAT(ChallengeOf(outcome), HasSubstr("scope=\"orders.write\""));
  }
}

}  // namespace
}  // namespace usher::testing

// A guarded service that calls another in the name of its caller.
#include "usher/forward_caller.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <thread>

#include "absl/time/clock.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/security/credentials.h"
#include "grpcpp/server_builder.h"
#include "lib/base/strings.h"
#include "tests/client/guard/grpc/guarded_server.h"
#include "usher/testing.h"

namespace usher::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;
using enum grpc::StatusCode;

// Answers Unary, which is guarded, and Bidi, which is public, as told.
class Front final : public Echo::Service {
 public:
  using Handler = std::function<grpc::Status(grpc::ServerContext&, EchoReply&)>;

  Front(std::shared_ptr<FakeVerifier> callers, bool keep_tokens,
        Handler handler)
      : handler_(std::move(handler)),
        guard_(*Guard::Create(
            {.verifier = std::move(callers),
             .audiences = {"orders"},
             .policy = MethodPolicy()
                           .Service("usher.testing.Echo", {})
                           .Method("usher.testing.Echo/Bidi", Public()),
             .keep_tokens_to_forward = keep_tokens})) {
    int port = 0;
    grpc::ServerBuilder builder;
    builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
    builder.AddListeningPort("127.0.0.1:0", guard_->InsecureCredentials(),
                             &port);
    builder.RegisterService(this);
    guard_->Install(builder);
    server_ = builder.BuildAndStart();
    EXPECT_NE(server_, nullptr);
    stub_ = Echo::NewStub(grpc::CreateChannel(
        base::StrCat("127.0.0.1:", port), grpc::InsecureChannelCredentials()));
  }

  Outcome CallAs(const std::string& bearer, Kind kind = Kind::kUnary) {
    return Call(*stub_, kind, {{"authorization", bearer}});
  }

  grpc::Status Unary(grpc::ServerContext* context, const EchoRequest*,
                     EchoReply* reply) override {
    return handler_(*context, *reply);
  }
  grpc::Status Bidi(
      grpc::ServerContext* context,
      grpc::ServerReaderWriter<EchoReply, EchoRequest>*) override {
    EchoReply reply;
    return handler_(*context, reply);
  }

 private:
  const Handler handler_;
  const std::unique_ptr<Guard> guard_;
  std::unique_ptr<Echo::Stub> stub_;
  std::unique_ptr<grpc::Server> server_;
};

grpc::Status CallUnary(Echo::Stub& stub, grpc::ClientContext& next,
                       EchoReply& reply) {
  return stub.Unary(&next, EchoRequest(), &reply);
}

// The plainest handler.
Front::Handler ForwardingOn(Echo::Stub& stub) {
  return [&](grpc::ServerContext& context, EchoReply& reply) {
    grpc::ClientContext next;
    ForwardCaller(context, next, {.audience = "stock"});
    return CallUnary(stub, next, reply);
  };
}

class ForwardCallerTest : public ::testing::TestWithParam<Port> {
 protected:
  // For "stock", behind the front.
  std::unique_ptr<GuardedServer> Behind(Port port) {
    return std::make_unique<GuardedServer>(*guard_, Style::kCallback, port);
  }
  std::string Both(const std::string& subject) {
    return callers_->Bearer(
        {.subject = subject, .audiences = {"orders", "stock"}});
  }
  // What a caller of both hears from a front with `handler`.
  grpc::Status Hear(const Front::Handler& handler,
                    const GuardedServer& behind) {
    Front front(callers_, true, handler);
    const Outcome outcome = front.CallAs(Both("alice"));
    EXPECT_EQ(behind.entries(), 0);
    EXPECT_FALSE(outcome.status.ok());
    return outcome.status;
  }

  const std::shared_ptr<FakeVerifier> callers_ =
      std::make_shared<FakeVerifier>();
  const std::unique_ptr<Guard> guard_ = *Guard::Create(
      {.verifier = callers_, .audiences = {"stock"}, .policy = EchoPolicy()});
};

TEST_P(ForwardCallerTest, CallsTheNextServiceAsTheCaller) {
  const auto behind = Behind(GetParam());
  const auto stub = behind->NewStub();
  Front front(
      callers_, true, [&](grpc::ServerContext& context, EchoReply& reply) {
        EXPECT_TRUE(context.client_metadata().count("authorization") == 0);
        const auto next = grpc::ClientContext::FromServerContext(context);
        ForwardCaller(context, *next, {.audience = "stock"});
        return CallUnary(*stub, *next, reply);
      });
  for (const char* name : {"alice", "bob"}) {
    const Outcome outcome = front.CallAs(Both(name));
    EXPECT_TRUE(outcome.status.ok()) << outcome.status.error_message();
    EXPECT_EQ(outcome.reply.subject(), name);
  }
}

INSTANTIATE_TEST_SUITE_P(SecurePorts, ForwardCallerTest,
                         ::testing::Values(Port::kSsl, Port::kTls,
                                           Port::kLocal),
                         [](const auto& port) { return NameOf(port.param); });

TEST_F(ForwardCallerTest, SendsNothingInTheClearUnlessToldLoudly) {
  const auto behind = Behind(Port::kInsecure);
  const auto stub = behind->NewStub();
  NextService service = {.audience = "stock"};
  const auto handler = [&](grpc::ServerContext& context, EchoReply& reply) {
    grpc::ClientContext next;
    ForwardCaller(context, next, service);
    return CallUnary(*stub, next, reply);
  };
  const grpc::Status status = Hear(handler, *behind);
  EXPECT_EQ(status.error_code(), UNAUTHENTICATED);
  EXPECT_THAT(status.error_message(), HasSubstr("security level"));

  service.insecure_allow_plaintext = true;
  Front front(callers_, true, handler);
  EXPECT_EQ(front.CallAs(Both("alice")).reply.subject(), "alice");
}

TEST_F(ForwardCallerTest, HasNobodyToForwardWhereTheMethodIsPublic) {
  const auto behind = Behind(Port::kLocal);
  const auto stub = behind->NewStub();
  Front front(callers_, true, ForwardingOn(*stub));
  const grpc::Status status = front.CallAs(Both("alice"), Kind::kBidi).status;
  EXPECT_EQ(status.error_code(), FAILED_PRECONDITION);
  EXPECT_EQ(status.error_message(), "there is no caller to forward");
  EXPECT_EQ(behind->entries(), 0);
}

TEST_F(ForwardCallerTest, HasNoTokenWhereTheGuardWasNotToldToKeepIt) {
  const auto behind = Behind(Port::kLocal);
  const auto stub = behind->NewStub();
  Front front(callers_, false, ForwardingOn(*stub));
  const grpc::Status status = front.CallAs(Both("alice")).status;
  EXPECT_EQ(status.error_code(), FAILED_PRECONDITION);
  EXPECT_THAT(status.error_message(), HasSubstr("keep_tokens_to_forward"));
  EXPECT_EQ(behind->entries(), 0);
}

TEST_F(ForwardCallerTest, KeepsATokenFromAServiceItIsNotMeantFor) {
  const auto behind = Behind(Port::kLocal);
  const auto stub = behind->NewStub();
  Front front(callers_, true, ForwardingOn(*stub));
  const grpc::Status status =
      front.CallAs(callers_->Bearer({.audiences = {"orders"}})).status;
  EXPECT_EQ(status.error_code(), UNAUTHENTICATED);
  EXPECT_THAT(status.error_message(),
              StartsWith("invalid_token: AUDIENCE_MISMATCH: "));
  EXPECT_EQ(behind->entries(), 0);
}

TEST_F(ForwardCallerTest, LooksAtTheExpiryWhenTheCallIsMade) {
  const auto behind = Behind(Port::kLocal);
  const auto stub = behind->NewStub();
  Front front(
      callers_, true, [&](grpc::ServerContext& context, EchoReply& reply) {
        grpc::ClientContext next;
        ForwardCaller(context, next, {.audience = "stock"});
        // Its last moments are what is tested.
        absl::SleepFor(*FindCaller(context)->expires_at() - absl::Now());
        return CallUnary(*stub, next, reply);
      });
  const grpc::Status status =
      front
          .CallAs(callers_->Bearer({.audiences = {"orders", "stock"},
                                    .expires_in = absl::Milliseconds(20)}))
          .status;
  EXPECT_EQ(status.error_code(), UNAUTHENTICATED);
  EXPECT_THAT(status.error_message(),
              StartsWith("invalid_token: TOKEN_EXPIRED: "));
  EXPECT_EQ(behind->entries(), 0);
}

TEST_F(ForwardCallerTest, LeavesACallThatHasCredentialsOfItsOwn) {
  const auto behind = Behind(Port::kLocal);
  const auto stub = behind->NewStub();
  const grpc::Status status = Hear(
      [&](grpc::ServerContext& context, EchoReply& reply) {
        grpc::ClientContext next;
        next.set_credentials(grpc::AccessTokenCredentials("another"));
        ForwardCaller(context, next, {.audience = "stock"});
        return CallUnary(*stub, next, reply);
      },
      *behind);
  EXPECT_EQ(status.error_code(), FAILED_PRECONDITION);
  EXPECT_EQ(status.error_message(), "the call has credentials already");
}

TEST_F(ForwardCallerTest, OutlivesTheCallItWasMadeIn) {
  const auto behind = Behind(Port::kLocal);
  const auto stub = behind->NewStub();
  grpc::ClientContext next;
  Front front(callers_, true, [&](grpc::ServerContext& context, EchoReply&) {
    ForwardCaller(context, next, {.audience = "stock"});
    return grpc::Status::OK;
  });
  EXPECT_TRUE(front.CallAs(Both("alice")).status.ok());
  EchoReply reply;
  EXPECT_TRUE(CallUnary(*stub, next, reply).ok());
  EXPECT_EQ(reply.subject(), "alice");
}

// A channel whose every call is made for somebody.
std::shared_ptr<grpc::Channel> ForwardingChannel(const GuardedServer& behind) {
  std::vector<
      std::unique_ptr<grpc::experimental::ClientInterceptorFactoryInterface>>
      interceptors;
  interceptors.push_back(ForwardingInterceptor({.audience = "stock"}));
  return grpc::experimental::CreateCustomChannelWithInterceptors(
      behind.address(), grpc::experimental::LocalCredentials(LOCAL_TCP), {},
      std::move(interceptors));
}

TEST_F(ForwardCallerTest, ForwardsOnAChannelThatDoesSoForEveryCall) {
  const auto behind = Behind(Port::kLocal);
  const auto stub = Echo::NewStub(ForwardingChannel(*behind));
  Front front(callers_, true,
              [&](grpc::ServerContext& context, EchoReply& reply) {
                grpc::ClientContext unary, bidi;
                HandOverCaller(context, bidi);
                const auto stream = stub->Bidi(&bidi);
                stream->WritesDone();
                EXPECT_TRUE(stream->Read(&reply));
                EXPECT_EQ(reply.subject(), *FindCaller(context)->subject());
                EXPECT_TRUE(stream->Finish().ok());
                HandOverCaller(context, unary);
                return CallUnary(*stub, unary, reply);
              });
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&, name = base::StrCat("caller-", i)] {
      const std::string bearer = Both(name);
      for (int times = 0; times < 10; ++times) {
        EXPECT_EQ(front.CallAs(bearer).reply.subject(), name);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST_F(ForwardCallerTest, EndsACallOnThatChannelThatIsMadeForNobody) {
  const auto behind = Behind(Port::kLocal);
  const auto stub = Echo::NewStub(ForwardingChannel(*behind));
  for (const bool other_credentials : {false, true}) {
    grpc::ClientContext next;
    if (other_credentials) {
      next.set_credentials(grpc::AccessTokenCredentials("another"));
    }
    EchoReply reply;
    const grpc::Status status = CallUnary(*stub, next, reply);
    EXPECT_EQ(status.error_code(), FAILED_PRECONDITION);
    EXPECT_THAT(status.error_message(),
                StartsWith("no caller was handed over"));
  }
  EXPECT_EQ(behind->entries(), 0);
}

TEST_F(ForwardCallerTest, EndsACallThatNoChannelTakesOver) {
  const auto behind = Behind(Port::kLocal);
  const auto stub = behind->NewStub();
  const grpc::Status status = Hear(
      [&](grpc::ServerContext& context, EchoReply& reply) {
        grpc::ClientContext next;
        HandOverCaller(context, next);
        return CallUnary(*stub, next, reply);
      },
      *behind);
  EXPECT_EQ(status.error_code(), FAILED_PRECONDITION);
  EXPECT_THAT(status.error_message(), HasSubstr("ForwardingInterceptor"));
}

}  // namespace
}  // namespace usher::testing

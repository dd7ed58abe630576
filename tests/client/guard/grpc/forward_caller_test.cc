// A guarded service that calls another one as its caller.
#include "usher/forward_caller.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <thread>

#include "absl/time/clock.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/security/credentials.h"
#include "grpcpp/server_builder.h"
#include "lib/base/text/strings.h"
#include "lib/rpc/grpc_version.h"
#include "tests/client/guard/grpc/guarded_server.h"
#include "usher/testing.h"

namespace usher::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;
using enum grpc::StatusCode;

// The first service. `handler` answers Unary, which is guarded, and Bidi, which
// is public.
class FrontService final : public Echo::Service {
 public:
  using Handler = std::function<grpc::Status(grpc::ServerContext&, EchoReply&)>;

  FrontService(std::shared_ptr<FakeVerifier> callers, bool keep_tokens,
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

// Since 1.63 gRPC chooses the code, and puts a text of its own before ours.
void ExpectNotSent(const grpc::Status& status, grpc::StatusCode code,
                   const std::string& message) {
  EXPECT_EQ(status.error_code(),
            USHER_GRPC_VERSION < 1063 ? code : UNAVAILABLE);
  EXPECT_THAT(status.error_message(), HasSubstr(message));
}

// A handler that only forwards.
FrontService::Handler ForwardingOn(Echo::Stub& stub) {
  return [&](grpc::ServerContext& context, EchoReply& reply) {
    grpc::ClientContext next;
    ForwardCaller(context, next, {.audience = "stock"});
    return CallUnary(stub, next, reply);
  };
}

class ForwardCallerTest : public ::testing::TestWithParam<Port> {
 protected:
  // The second service, "stock".
  std::unique_ptr<GuardedServer> StartBackend(Port port) {
    return std::make_unique<GuardedServer>(*guard_, Style::kCallback, port);
  }
  std::string BearerForBoth(const std::string& subject) {
    return callers_->Bearer(
        {.subject = subject, .audiences = {"orders", "stock"}});
  }
  // How a call fails that `handler` answers. The backend must not be reached.
  grpc::Status FailedCall(const FrontService::Handler& handler,
                          const GuardedServer& backend) {
    FrontService front(callers_, true, handler);
    const Outcome outcome = front.CallAs(BearerForBoth("alice"));
    EXPECT_EQ(backend.entries(), 0);
    EXPECT_FALSE(outcome.status.ok());
    return outcome.status;
  }

  const std::shared_ptr<FakeVerifier> callers_ =
      std::make_shared<FakeVerifier>();
  const std::unique_ptr<Guard> guard_ = *Guard::Create(
      {.verifier = callers_, .audiences = {"stock"}, .policy = EchoPolicy()});
};

TEST_P(ForwardCallerTest, CallsTheNextServiceAsTheCaller) {
  const auto backend = StartBackend(GetParam());
  const auto stub = backend->NewStub();
  FrontService front(
      callers_, true, [&](grpc::ServerContext& context, EchoReply& reply) {
        EXPECT_TRUE(context.client_metadata().count("authorization") == 0);
        const auto next = grpc::ClientContext::FromServerContext(context);
        ForwardCaller(context, *next, {.audience = "stock"});
        return CallUnary(*stub, *next, reply);
      });
  for (const char* name : {"alice", "bob"}) {
    const Outcome outcome = front.CallAs(BearerForBoth(name));
    EXPECT_TRUE(outcome.status.ok()) << outcome.status.error_message();
    EXPECT_EQ(outcome.reply.subject(), name);
  }
}

INSTANTIATE_TEST_SUITE_P(SecurePorts, ForwardCallerTest,
                         ::testing::Values(Port::kSsl, Port::kTls,
                                           Port::kLocal),
                         [](const auto& port) { return NameOf(port.param); });

TEST_F(ForwardCallerTest, SendsNoPlaintextTokenUnlessAllowed) {
  const auto backend = StartBackend(Port::kInsecure);
  const auto stub = backend->NewStub();
  NextService service = {.audience = "stock"};
  const auto handler = [&](grpc::ServerContext& context, EchoReply& reply) {
    grpc::ClientContext next;
    ForwardCaller(context, next, service);
    return CallUnary(*stub, next, reply);
  };
  const grpc::Status status = FailedCall(handler, *backend);
  EXPECT_EQ(status.error_code(), UNAUTHENTICATED);
  EXPECT_THAT(status.error_message(), HasSubstr("security level"));

  service.insecure_allow_plaintext = true;
  FrontService front(callers_, true, handler);
  EXPECT_EQ(front.CallAs(BearerForBoth("alice")).reply.subject(), "alice");
}

TEST_F(ForwardCallerTest, FailsWithoutACallerOnAPublicMethod) {
  const auto backend = StartBackend(Port::kLocal);
  const auto stub = backend->NewStub();
  FrontService front(callers_, true, ForwardingOn(*stub));
  const grpc::Status status =
      front.CallAs(BearerForBoth("alice"), Kind::kBidi).status;
  ExpectNotSent(status, FAILED_PRECONDITION, "there is no caller to forward");
  EXPECT_EQ(backend->entries(), 0);
}

TEST_F(ForwardCallerTest, FailsIfTheGuardKeepsNoTokens) {
  const auto backend = StartBackend(Port::kLocal);
  const auto stub = backend->NewStub();
  FrontService front(callers_, false, ForwardingOn(*stub));
  const grpc::Status status = front.CallAs(BearerForBoth("alice")).status;
  ExpectNotSent(status, FAILED_PRECONDITION, "keep_tokens_to_forward");
  EXPECT_EQ(backend->entries(), 0);
}

TEST_F(ForwardCallerTest, SendsNoTokenToAServiceItIsNotMeantFor) {
  const auto backend = StartBackend(Port::kLocal);
  const auto stub = backend->NewStub();
  FrontService front(callers_, true, ForwardingOn(*stub));
  const grpc::Status status =
      front.CallAs(callers_->Bearer({.audiences = {"orders"}})).status;
  ExpectNotSent(status, UNAUTHENTICATED, "invalid_token: AUDIENCE_MISMATCH: ");
  EXPECT_EQ(backend->entries(), 0);
}

TEST_F(ForwardCallerTest, ChecksTheExpiryWhenTheCallIsMade) {
  const auto backend = StartBackend(Port::kLocal);
  const auto stub = backend->NewStub();
  FrontService front(
      callers_, true, [&](grpc::ServerContext& context, EchoReply& reply) {
        grpc::ClientContext next;
        ForwardCaller(context, next, {.audience = "stock"});
        // Until the token has expired.
        absl::SleepFor(*FindCaller(context)->expires_at() - absl::Now());
        return CallUnary(*stub, next, reply);
      });
  const grpc::Status status =
      front
          .CallAs(callers_->Bearer({.audiences = {"orders", "stock"},
                                    .expires_in = absl::Milliseconds(20)}))
          .status;
  ExpectNotSent(status, UNAUTHENTICATED, "invalid_token: TOKEN_EXPIRED: ");
  EXPECT_EQ(backend->entries(), 0);
}

TEST_F(ForwardCallerTest, FailsIfTheCallHasCredentialsAlready) {
  const auto backend = StartBackend(Port::kLocal);
  const auto stub = backend->NewStub();
  const grpc::Status status = FailedCall(
      [&](grpc::ServerContext& context, EchoReply& reply) {
        grpc::ClientContext next;
        next.set_credentials(grpc::AccessTokenCredentials("another"));
        ForwardCaller(context, next, {.audience = "stock"});
        return CallUnary(*stub, next, reply);
      },
      *backend);
  ExpectNotSent(status, FAILED_PRECONDITION,
                "the call has credentials already");
}

TEST_F(ForwardCallerTest, OutlivesTheCallItCameFrom) {
  const auto backend = StartBackend(Port::kLocal);
  const auto stub = backend->NewStub();
  grpc::ClientContext next;
  FrontService front(callers_, true,
                     [&](grpc::ServerContext& context, EchoReply&) {
                       ForwardCaller(context, next, {.audience = "stock"});
                       return grpc::Status::OK;
                     });
  EXPECT_TRUE(front.CallAs(BearerForBoth("alice")).status.ok());
  EchoReply reply;
  EXPECT_TRUE(CallUnary(*stub, next, reply).ok());
  EXPECT_EQ(reply.subject(), "alice");
}

// A channel on which every call has a caller.
std::shared_ptr<grpc::Channel> ForwardingChannel(const GuardedServer& backend) {
  std::vector<
      std::unique_ptr<grpc::experimental::ClientInterceptorFactoryInterface>>
      interceptors;
  interceptors.push_back(ForwardingInterceptor({.audience = "stock"}));
  return grpc::experimental::CreateCustomChannelWithInterceptors(
      backend.address(), grpc::experimental::LocalCredentials(LOCAL_TCP), {},
      std::move(interceptors));
}

TEST_F(ForwardCallerTest, ForwardsOnAChannelWithTheInterceptor) {
  const auto backend = StartBackend(Port::kLocal);
  const auto stub = Echo::NewStub(ForwardingChannel(*backend));
  FrontService front(
      callers_, true, [&](grpc::ServerContext& context, EchoReply& reply) {
        grpc::ClientContext unary, bidi;
        AttachCaller(context, bidi);
        const auto stream = stub->Bidi(&bidi);
        stream->WritesDone();
        EXPECT_TRUE(stream->Read(&reply));
        EXPECT_EQ(reply.subject(), *FindCaller(context)->subject());
        EXPECT_TRUE(stream->Finish().ok());
        AttachCaller(context, unary);
        return CallUnary(*stub, unary, reply);
      });
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&, name = base::StrCat("caller-", i)] {
      const std::string bearer = BearerForBoth(name);
      for (int times = 0; times < 10; ++times) {
        EXPECT_EQ(front.CallAs(bearer).reply.subject(), name);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST_F(ForwardCallerTest, FailsOnThatChannelWithoutAnAttachedCaller) {
  const auto backend = StartBackend(Port::kLocal);
  const auto stub = Echo::NewStub(ForwardingChannel(*backend));
  for (const bool other_credentials : {false, true}) {
    grpc::ClientContext next;
    if (other_credentials) {
      next.set_credentials(grpc::AccessTokenCredentials("another"));
    }
    EchoReply reply;
    const grpc::Status status = CallUnary(*stub, next, reply);
    ExpectNotSent(status, FAILED_PRECONDITION, "no caller was attached");
  }
  EXPECT_EQ(backend->entries(), 0);
}

TEST_F(ForwardCallerTest, FailsWithAnAttachedCallerOnAnotherChannel) {
  const auto backend = StartBackend(Port::kLocal);
  const auto stub = backend->NewStub();
  const grpc::Status status = FailedCall(
      [&](grpc::ServerContext& context, EchoReply& reply) {
        grpc::ClientContext next;
        AttachCaller(context, next);
        return CallUnary(*stub, next, reply);
      },
      *backend);
  ExpectNotSent(status, FAILED_PRECONDITION, "ForwardingInterceptor");
}

}  // namespace
}  // namespace usher::testing

// Refusals of guarded services: what the caller learns, and that no handler
// runs whatever is done wrong.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <thread>
#include <tuple>

#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "grpc/support/log.h"
#include "grpcpp/create_channel.h"
#include "lib/base/strings.h"
#include "tests/client/guard/fake_usherd.h"
#include "tests/client/guard/guarded_server.h"
#include "usher/guarded_service.h"
#include "usher/refuse.h"
#include "usher/testing.h"

namespace usher::testing {
namespace {

using enum grpc::StatusCode;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;
constexpr auto kRich = GuardedServer::Refusals::kRich;
constexpr Style kWrappable[] = {Style::kSync, Style::kCallback};

// What the details of a status say: "TOKEN_EXPIRED usher.dev", then metadata,
// then "retry 1s".
std::string DetailsOf(const grpc::Status& status) {
  google::rpc::Status details;
  if (!details.ParseFromString(status.error_details())) return "(unreadable)";
  if (status.error_details().empty()) return "(none)";
  EXPECT_EQ(details.code(), status.error_code());
  EXPECT_EQ(details.message(), status.error_message());
  std::string text;
  for (const auto& any : details.details()) {
    google::rpc::ErrorInfo info;
    google::rpc::RetryInfo retry;
    if (any.UnpackTo(&info)) {
      text += base::StrCat(info.reason(), " ", info.domain());
      for (const char* key : {"scope", "scope_match"}) {
        if (info.metadata().contains(key)) {
          text += base::StrCat(" ", key, "=", info.metadata().at(key));
        }
      }
    } else if (any.UnpackTo(&retry)) {
      text += base::StrCat(" retry ", retry.retry_delay().seconds(), "s");
    }
  }
  return text;
}

std::string ChallengeOf(const Outcome& outcome) {
  EXPECT_LE(outcome.trailers.count("www-authenticate"), 1u);
  const auto found = outcome.trailers.find("www-authenticate");
  return found == outcome.trailers.end() ? "(none)" : found->second;
}

void ExpectExpired(const Outcome& outcome) {
  EXPECT_EQ(outcome.status.error_code(), UNAUTHENTICATED);
  EXPECT_EQ(outcome.status.error_message(),
            "invalid_token: TOKEN_EXPIRED: expired 12s ago");
  EXPECT_EQ(DetailsOf(outcome.status), "TOKEN_EXPIRED usher.dev");
  EXPECT_EQ(ChallengeOf(outcome),
            "Bearer error=\"invalid_token\", "
            "error_description=\"TOKEN_EXPIRED: expired 12s ago\"");
}

// What callers of an unwrapped method hear.
void ExpectPlain(const Outcome& outcome) {
  EXPECT_EQ(outcome.status.error_code(), UNAUTHENTICATED);
  EXPECT_EQ(outcome.status.error_message(),
            "invalid_token: TOKEN_EXPIRED: expired 12s ago");
  EXPECT_EQ(DetailsOf(outcome.status), "(none)");
  EXPECT_EQ(ChallengeOf(outcome), "(none)");
}

class GuardRich
    : public ::testing::TestWithParam<std::tuple<Style, Kind, Port>> {};

TEST_P(GuardRich, RefusesRichlyAndRunsTheHandlerForGoodTokensOnly) {
  const auto [style, kind, port] = GetParam();
  FakeUsherd usherd;
  const auto guard = GuardAsking(usherd.address());
  GuardedServer server(*guard, style, port, kRich);
  const auto stub = server.NewStub();

  // Twice: the first time usherd is asked, then memory.
  for (int i = 0; i < 2; ++i) {
    ExpectExpired(Call(*stub, kind, Bearer("old")));
    const Outcome missing = Call(*stub, kind, {});
    EXPECT_EQ(missing.status.error_code(), UNAUTHENTICATED);
    EXPECT_THAT(missing.status.error_message(), StartsWith("TOKEN_MISSING: "));
    EXPECT_EQ(DetailsOf(missing.status), "TOKEN_MISSING usher.dev");
    EXPECT_EQ(ChallengeOf(missing), "Bearer realm=\"usher.testing.Echo\"");
  }
  EXPECT_EQ(server.entries(), 0) << "a handler ran";

  for (int i = 0; i < 2; ++i) {
    const Outcome good = Call(*stub, kind, Bearer("good.alice"));
    EXPECT_TRUE(good.status.ok()) << good.status.error_message();
    EXPECT_EQ(good.reply.subject(), "alice");
    EXPECT_FALSE(good.reply.saw_token());
    EXPECT_EQ(ChallengeOf(good), "(none)");
    // Beside a caller who may come in.
    ExpectExpired(Call(*stub, kind, Bearer("old")));
  }
  EXPECT_EQ(server.entries(), 2);
}

INSTANTIATE_TEST_SUITE_P(All, GuardRich,
                         ::testing::Combine(::testing::ValuesIn(kWrappable),
                                            ::testing::ValuesIn(kKinds),
                                            ::testing::ValuesIn(kPorts)),
                         [](const auto& row) {
                           std::string name =
                               NameOf(std::get<0>(row.param)) + "_" +
                               NameOf(std::get<1>(row.param)) + "_" +
                               NameOf(std::get<2>(row.param));
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

// The policy's words and usherd's silence, method by method.
TEST(GuardRichly, SaysWhatEachCallerShouldDo) {
  InventedCallers callers;
  MethodPolicy policy;
  policy.Method("/usher.testing.Echo/Unary", {})
      .Method("/usher.testing.Echo/Bidi", {.scopes = {"a.read", "a.write"}})
      .Method("/usher.testing.Echo/ServerStream", Public());
  const auto guard =
      *callers.MakeGuard({.audiences = {"orders"}, .policy = policy});
  const std::string alice = callers.Bearer({.subject = "alice"});
  for (const Style style : kWrappable) {
    GuardedServer server(*guard, style, Port::kInsecure, kRich);
    const auto stub = server.NewStub();
    const auto call = [&](Kind kind, const std::string& authorization) {
      return Call(*stub, kind, {{"authorization", authorization}});
    };
    EXPECT_TRUE(call(Kind::kUnary, alice).status.ok());
    EXPECT_TRUE(Call(*stub, Kind::kServerStream, {}).status.ok()) << "public";
    EXPECT_EQ(server.entries(), 2);

    const Outcome scopes = call(Kind::kBidi, alice);
    EXPECT_EQ(scopes.status.error_code(), PERMISSION_DENIED);
    EXPECT_EQ(scopes.status.error_message(),
              "insufficient_scope: SCOPE_INSUFFICIENT: needs a.read a.write");
    EXPECT_EQ(DetailsOf(scopes.status),
              "SCOPE_INSUFFICIENT usher.dev scope=a.read a.write "
              "scope_match=all");
    EXPECT_THAT(ChallengeOf(scopes), HasSubstr("scope=\"a.read a.write\""));

    const Outcome unsaid = call(Kind::kClientStream, alice);
    EXPECT_EQ(unsaid.status.error_code(), PERMISSION_DENIED);
    EXPECT_EQ(DetailsOf(unsaid.status), "METHOD_NOT_IN_POLICY usher.dev");
    EXPECT_EQ(ChallengeOf(unsaid), "(none)");

    const Outcome undecided = call(Kind::kUnary, callers.BearerUndecided());
    EXPECT_EQ(undecided.status.error_code(), UNAVAILABLE);
    EXPECT_EQ(DetailsOf(undecided.status), "UNDECIDED usher.dev retry 1s");
    EXPECT_EQ(ChallengeOf(undecided), "(none)");

    const Outcome scheme = call(Kind::kUnary, "Basic YTpi");
    EXPECT_THAT(ChallengeOf(scheme),
                StartsWith("Bearer error=\"invalid_request\", "));
    EXPECT_EQ(server.entries(), 2) << "a handler ran";
  }
}

TEST(GuardRichly, HearsOfARevocationAfterAnAdmission) {
  InventedCallers callers;
  const auto guard =
      *callers.MakeGuard({.audiences = {"orders"}, .policy = EchoPolicy()});
  GuardedServer server(*guard, Style::kCallback, Port::kInsecure, kRich);
  const auto stub = server.NewStub();
  const std::string alice = callers.Bearer({.subject = "alice"});
  EXPECT_TRUE(Call(*stub, {{"authorization", alice}}).status.ok());
  callers.Revoke(alice);
  const Outcome late = Call(*stub, {{"authorization", alice}});
  EXPECT_EQ(DetailsOf(late.status), "TOKEN_REVOKED usher.dev");
  EXPECT_EQ(server.entries(), 1);
}

TEST(GuardRichly, RefusesInProcessCallsButOfPublicMethods) {
  InventedCallers callers;
  MethodPolicy policy = EchoPolicy();
  policy.Method("/usher.testing.Echo/Unary", Public());
  const auto guard =
      *callers.MakeGuard({.audiences = {"orders"}, .policy = policy});
  const std::string alice = callers.Bearer({.subject = "alice"});
  for (const Style style : kWrappable) {
    GuardedServer server(*guard, style, Port::kInsecure, kRich);
    const auto stub = server.NewStub();
    ASSERT_TRUE(
        Call(*stub, Kind::kBidi, {{"authorization", alice}}).status.ok());
    const auto inside = Echo::NewStub(server.server().InProcessChannel({}));
    for (const Kind kind :
         {Kind::kClientStream, Kind::kServerStream, Kind::kBidi}) {
      const Outcome outcome = Call(*inside, kind, {{"authorization", alice}});
      // Not invalid_token: nobody has looked at it, whoever sent it elsewhere.
      EXPECT_EQ(outcome.status.error_code(), UNAUTHENTICATED);
      EXPECT_EQ(outcome.status.error_message(),
                "the call did not pass the guard's gate");
      EXPECT_EQ(DetailsOf(outcome.status), "NOT_JUDGED usher.dev");
      EXPECT_EQ(outcome.trailers.count("www-authenticate"), 0u);
    }
    EXPECT_EQ(server.entries(), 1) << "a handler ran";
    EXPECT_TRUE(Call(*inside, Kind::kUnary, {}).status.ok());
  }
}

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
  for (const Style style : kWrappable) {
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

// Refused calls that their callers leave at the gate, where usherd is held, or
// behind it; and a shutdown among them.
class GuardRichEnd : public ::testing::TestWithParam<bool> {};
INSTANTIATE_TEST_SUITE_P(All, GuardRichEnd, ::testing::Bool());

TEST_P(GuardRichEnd, SurvivesCancellationAndShutdownWhileItRefuses) {
  for (const Style style : kWrappable) {
    FakeUsherd usherd({.held = GetParam()});
    const auto guard = GuardAsking(usherd.address());
    GuardedServer server(*guard, style, Port::kInsecure, kRich);
    std::vector<std::thread> threads;
    for (int i = 0; i < 8; ++i) {
      threads.emplace_back([&, i] {
        const auto stub = server.NewStub();
        for (int round = 0; round < 10; ++round) {
          grpc::ClientContext context;
          context.AddMetadata("authorization", "Bearer forged");
          context.set_deadline(std::chrono::system_clock::now() +
                               std::chrono::milliseconds(1 + 2 * i));
          EchoReply reply;
          EXPECT_FALSE(stub->Unary(&context, EchoRequest(), &reply).ok());
        }
      });
    }
    std::thread waits([&] {
      const auto stub = server.NewStub();
      EXPECT_FALSE(Call(*stub, Kind::kBidi, Bearer("forged")).status.ok());
    });
    for (std::thread& thread : threads) thread.join();
    std::thread releases([&] { usherd.Release(); });
    server.Shutdown(std::chrono::milliseconds(100));
    waits.join();
    releases.join();
    EXPECT_EQ(server.entries(), 0) << "a handler ran";
  }
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

TEST(Refuse, TakesTheCodeOfItsReason) {
  grpc::ServerContext context;
  const grpc::Status status =
      Refuse(context, Reason::kTokenExpired, "expired during the call");
  EXPECT_EQ(status.error_code(), UNAUTHENTICATED);
  EXPECT_EQ(status.error_message(),
            "invalid_token: TOKEN_EXPIRED: expired during the call");
  EXPECT_EQ(DetailsOf(status), "TOKEN_EXPIRED usher.dev");
  EXPECT_EQ(DetailsOf(Refuse(context, Reason::kOverloaded, "later")),
            "OVERLOADED usher.dev retry 1s");
}

}  // namespace
}  // namespace usher::testing

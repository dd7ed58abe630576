// Refusals of guarded services: what the caller learns.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <thread>
#include <tuple>

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
using ::testing::StartsWith;
constexpr auto kRich = GuardedServer::Refusals::kRich;
constexpr Style kWrappable[] = {Style::kSync, Style::kCallback};
class GuardRich
    : public ::testing::TestWithParam<std::tuple<Style, Kind, Port>> {};

TEST_P(GuardRich, AddsDetailsAndRunsTheHandlerForGoodTokensOnly) {
  const auto [style, kind, port] = GetParam();
  FakeUsherd usherd;
  const auto guard = MakeScopedGuard(usherd.address());
  GuardedServer server(*guard, style, port, kRich);
  const auto stub = server.NewStub();

  // Twice: first usherd decides, then memory.
  for (int i = 0; i < 2; ++i) {
    ExpectRich(Call(*stub, kind, Bearer("poor.eve")));
    ExpectExpired(Call(*stub, kind, Bearer("old")));
    const Outcome missing = Call(*stub, kind, {});
    EXPECT_EQ(missing.status.error_code(), UNAUTHENTICATED);
    EXPECT_THAT(missing.status.error_message(), StartsWith("TOKEN_MISSING: "));
    EXPECT_EQ(DetailsOf(missing.status), "(none)");
  }
  EXPECT_EQ(server.entries(), 0) << "a handler ran";

  for (int i = 0; i < 2; ++i) {
    const Outcome good = Call(*stub, kind, Bearer("good.alice"));
    EXPECT_TRUE(good.status.ok()) << good.status.error_message();
    EXPECT_EQ(good.reply.subject(), "alice");
    EXPECT_FALSE(good.reply.saw_token());
    EXPECT_EQ(ChallengeOf(good), "(none)");
    // Next to an admitted caller.
    ExpectRich(Call(*stub, kind, Bearer("poor.eve")));
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

// The policy of each method, and an undecided token.
TEST(GuardRichly, NamesWhatEachCallerLacks) {
  const auto callers = std::make_shared<FakeVerifier>();
  MethodPolicy policy;
  policy.Method("/usher.testing.Echo/Unary", {})
      .Method("/usher.testing.Echo/Bidi", {.scopes = {"a.read", "a.write"}})
      .Method("/usher.testing.Echo/ServerStream", Public());
  const auto guard = *Guard::Create(
      {.verifier = callers, .audiences = {"orders"}, .policy = policy});
  const std::string alice = callers->Bearer({.subject = "alice"});
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

    const Outcome no_rule = call(Kind::kClientStream, alice);
    EXPECT_EQ(no_rule.status.error_code(), PERMISSION_DENIED);
    EXPECT_THAT(no_rule.status.error_message(),
                StartsWith("METHOD_NOT_IN_POLICY: "));
    EXPECT_EQ(DetailsOf(no_rule.status), "(none)") << "no token was verified";

    const Outcome undecided = call(Kind::kUnary, callers->BearerUndecided());
    EXPECT_EQ(undecided.status.error_code(), UNAVAILABLE);
    EXPECT_EQ(DetailsOf(undecided.status), "(none)");
    EXPECT_EQ(server.entries(), 2) << "a handler ran";
  }
}

TEST(GuardRichly, RefusesARevokedTokenAfterAnAdmission) {
  const auto callers = std::make_shared<FakeVerifier>();
  const auto guard = *Guard::Create(
      {.verifier = callers, .audiences = {"orders"}, .policy = EchoPolicy()});
  GuardedServer server(*guard, Style::kCallback, Port::kInsecure, kRich);
  const auto stub = server.NewStub();
  const std::string alice = callers->Bearer({.subject = "alice"});
  EXPECT_TRUE(Call(*stub, {{"authorization", alice}}).status.ok());
  callers->Revoke(alice);
  const Outcome late = Call(*stub, {{"authorization", alice}});
  EXPECT_THAT(late.status.error_message(),
              StartsWith("invalid_token: TOKEN_REVOKED: "));
  EXPECT_EQ(server.entries(), 1);
}

TEST(GuardRichly, RefusesInProcessCallsExceptToPublicMethods) {
  const auto callers = std::make_shared<FakeVerifier>();
  MethodPolicy policy = EchoPolicy();
  policy.Method("/usher.testing.Echo/Unary", Public());
  const auto guard = *Guard::Create(
      {.verifier = callers, .audiences = {"orders"}, .policy = policy});
  const std::string alice = callers->Bearer({.subject = "alice"});
  for (const Style style : kWrappable) {
    GuardedServer server(*guard, style, Port::kInsecure, kRich);
    const auto stub = server.NewStub();
    ASSERT_TRUE(
        Call(*stub, Kind::kBidi, {{"authorization", alice}}).status.ok());
    const auto inside = Echo::NewStub(server.server().InProcessChannel({}));
    for (const Kind kind :
         {Kind::kClientStream, Kind::kServerStream, Kind::kBidi}) {
      const Outcome outcome = Call(*inside, kind, {{"authorization", alice}});
      // Not invalid_token: no gate has checked the token of this call.
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

// Clients cancel refused calls at the gate (usherd is held) or behind it, while
// the server shuts down.
class GuardRichEnd : public ::testing::TestWithParam<bool> {};
INSTANTIATE_TEST_SUITE_P(All, GuardRichEnd, ::testing::Bool());

TEST_P(GuardRichEnd, SurvivesCancellationAndShutdownWhileItRefuses) {
  for (const Style style : kWrappable) {
    FakeUsherd usherd({.held = GetParam()});
    const auto guard = MakeScopedGuard(usherd.address());
    GuardedServer server(*guard, style, Port::kInsecure, kRich);
    std::vector<std::thread> threads;
    for (int i = 0; i < 8; ++i) {
      threads.emplace_back([&, i] {
        const auto stub = server.NewStub();
        for (int round = 0; round < 10; ++round) {
          grpc::ClientContext context;
          context.AddMetadata("authorization", "Bearer poor.eve");
          context.set_deadline(std::chrono::system_clock::now() +
                               std::chrono::milliseconds(1 + 2 * i));
          EchoReply reply;
          EXPECT_FALSE(stub->Unary(&context, EchoRequest(), &reply).ok());
        }
      });
    }
    std::thread waits([&] {
      const auto stub = server.NewStub();
      EXPECT_FALSE(Call(*stub, Kind::kBidi, Bearer("poor.eve")).status.ok());
    });
    for (std::thread& thread : threads) thread.join();
    std::thread releases([&] { usherd.Release(); });
    server.Shutdown(std::chrono::milliseconds(100));
    waits.join();
    releases.join();
    EXPECT_EQ(server.entries(), 0) << "a handler ran";
  }
}

TEST(Refuse, UsesTheCodeOfItsReason) {
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

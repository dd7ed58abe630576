// How the guard treats metadata and policy, over a socket.
#include "usher/guard.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <iostream>

#include "grpcpp/health_check_service_interface.h"
#include "grpcpp/impl/codegen/client_unary_call.h"
#include "lib/base/text/strings.h"
#include "tests/client/guard/grpc/fake_usherd.h"
#include "tests/client/guard/grpc/guarded_server.h"
#include "usher/testing.h"

namespace usher::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;
using enum grpc::StatusCode;

std::unique_ptr<Guard> GuardWith(const std::string& usherd,
                                 MethodPolicy policy) {
  GuardOptions options = OptionsFor(usherd);
  options.policy = std::move(policy);
  return *Guard::Create(std::move(options));
}

class GuardTest : public ::testing::Test {
 protected:
  std::string MessageFor(const Headers& headers) {
    const Outcome outcome = Call(*stub_, headers);
    return outcome.status.ok() ? "(admitted)" : outcome.status.error_message();
  }

  FakeUsherd usherd_;
  const std::unique_ptr<Guard> guard_ = MakeGuard(usherd_.address());
  GuardedServer server_{*guard_, Style::kCallback};
  const std::unique_ptr<Echo::Stub> stub_ = server_.NewStub();
};

TEST_F(GuardTest, DecidesOnEveryFormOfAuthorization) {
  const std::string good = "Bearer good.alice";
  struct Case {
    Headers headers;
    const char* message;
  };
  const Case cases[] = {
      {{}, "TOKEN_MISSING: "},
      {{{"authorization", ""}}, "TOKEN_MISSING: "},
      {{{"authorization", "Bearer"}}, "TOKEN_MISSING: "},
      {{{"authorization", good}, {"authorization", good}},
       "invalid_request: TOKEN_MULTIPLE: "},
      {{{"authorization", "Basic YTpi"}},
       "invalid_request: AUTH_SCHEME_UNSUPPORTED: "},
      {{{"authorization", "DPoP good.alice"}},
       "invalid_request: AUTH_SCHEME_UNSUPPORTED: tokens bound by DPoP"},
      {{{"authorization-bin", good}}, "TOKEN_MISSING: "},
      {{{"authorization", "bEARER good.alice"}}, "(admitted)"},
      {{{"authorization", good}, {"authorization-bin", "x"}}, "(admitted)"},
  };
  for (const Case& one : cases) {
    EXPECT_THAT(MessageFor(one.headers), StartsWith(one.message));
  }
}

TEST_F(GuardTest, AcceptsTokensOfUpToSixteenKibibytes) {
  for (const size_t kibibytes : {8, 12, 16}) {
    std::string token = "good.";
    token.resize(kibibytes * 1024, 'x');
    EXPECT_EQ(MessageFor(Bearer(token)), "(admitted)") << kibibytes;
  }
  EXPECT_THAT(MessageFor(Bearer(std::string(17 * 1024, 'x'))),
              StartsWith("invalid_token: TOKEN_TOO_LARGE: "));
}

TEST_F(GuardTest, FindsNoCallerInOtherMetadata) {
  const Headers forged = {{"authorization-bin", "Bearer good.mallory"},
                          {"x-usher-caller", "mallory"},
                          {"usher-caller-bin", "mallory"},
                          {"usher-subject", "mallory"},
                          {"x-forwarded-user", "mallory"},
                          {"grpc-trace-bin", "mallory"},
                          {"grpc-tags-bin", "mallory"},
                          {"census", "mallory"},
                          {"x-authorization", "Bearer good.mallory"},
                          {"proxy-authorization", "Bearer good.mallory"}};
  const Outcome without = Call(*stub_, forged);
  EXPECT_EQ(without.status.error_code(), UNAUTHENTICATED);
  const int entries_without = server_.entries();
  EXPECT_EQ(entries_without, 0);
  Headers with = forged;
  with.emplace_back("authorization", "Bearer good.alice");
  const Outcome outcome = Call(*stub_, with);
  EXPECT_TRUE(outcome.status.ok()) << outcome.status.error_message();
  EXPECT_EQ(outcome.reply.subject(), "alice");
  EXPECT_FALSE(outcome.reply.saw_token());
  std::cout << "| " << forged.size() << " headers that name mallory | alone: "
            << without.status.error_message().substr(0, 13) << ", "
            << entries_without
            << " entries | with alice's token: " << outcome.reply.subject()
            << " |\n";
}

TEST_F(GuardTest, TellsTheCallersOfOneConnectionApart) {
  for (const char* name : {"alice", "bob", "carol", "alice"}) {
    const Outcome outcome = Call(*stub_, Bearer(base::StrCat("good.", name)));
    EXPECT_EQ(outcome.reply.subject(), name);
  }
}

TEST_F(GuardTest, FindsNoCallerForInProcessCalls) {
  ASSERT_TRUE(Call(*stub_, Bearer("good.alice")).status.ok());
  const auto inside = Echo::NewStub(server_.server().InProcessChannel({}));
  const Outcome outcome = Call(*inside, Bearer("good.alice"));
  EXPECT_EQ(outcome.status.error_code(), UNAUTHENTICATED);
  EXPECT_THAT(outcome.status.error_message(), HasSubstr("did not pass"));
  EXPECT_EQ(outcome.reply.subject(), "");
}

TEST(GuardPolicy, DecidesMethodByMethod) {
  FakeUsherd usherd;
  MethodPolicy policy;
  policy.Method("/usher.testing.Echo/Unary", Public())
      .Method("/usher.testing.Echo/ServerStream", {.scopes = {"orders.read"}})
      .Method("/usher.testing.Echo/Bidi", {.scopes = {"orders.write"}});
  const auto guard = GuardWith(usherd.address(), std::move(policy));
  for (const Style style : kStyles) {
    GuardedServer server(*guard, style);
    const auto stub = server.NewStub();
    const Headers alice = Bearer("good.alice");

    const Outcome open = Call(*stub, Kind::kUnary, alice);
    EXPECT_TRUE(open.status.ok()) << open.status.error_message();
    EXPECT_EQ(open.reply.subject(), "(no caller)");
    EXPECT_FALSE(open.reply.saw_token());
    EXPECT_TRUE(Call(*stub, Kind::kUnary, {}).status.ok());
    EXPECT_TRUE(Call(*stub, Kind::kUnary, Bearer("forged")).status.ok());

    EXPECT_EQ(Call(*stub, Kind::kServerStream, alice).reply.subject(), "alice");

    const int entries = server.entries();
    const Outcome scope = Call(*stub, Kind::kBidi, alice);
    EXPECT_EQ(scope.status.error_code(), PERMISSION_DENIED);
    EXPECT_EQ(scope.status.error_message(),
              "insufficient_scope: SCOPE_INSUFFICIENT: needs orders.write");
    const Outcome no_rule = Call(*stub, Kind::kClientStream, alice);
    EXPECT_EQ(no_rule.status.error_code(), PERMISSION_DENIED);
    EXPECT_THAT(no_rule.status.error_message(),
                StartsWith("METHOD_NOT_IN_POLICY: "));
    EXPECT_EQ(server.entries(), entries);
  }
}

// Every API style, every kind of call, with and without a wrapper.
TEST(GuardPolicy, ChecksAnOptionalTokenButNeedsNone) {
  auto verifier = std::make_shared<FakeVerifier>();
  const auto guard =
      *Guard::Create({.verifier = verifier,
                      .audiences = {"orders"},
                      .policy = MethodPolicy().Service(
                          "usher.testing.Echo",
                          {.scopes = {"orders.read"}, .optional = true})});
  const auto header = [](std::string bearer) -> Headers {
    return {{"authorization", std::move(bearer)}};
  };
  const Headers alice =
      header(verifier->Bearer({.subject = "alice", .scopes = {"orders.read"}}));
  const Headers no_scope = header(verifier->Bearer({.subject = "bob"}));
  const Headers denied = header(verifier->BearerDenied(Reason::kTokenExpired));
  const Headers undecided = header(verifier->BearerUndecided());

  for (const auto& [style, refusals] :
       {std::pair{Style::kSync, GuardedServer::Refusals::kPlain},
        {Style::kCallback, GuardedServer::Refusals::kPlain},
        {Style::kQueue, GuardedServer::Refusals::kPlain},
        {Style::kQueueGeneric, GuardedServer::Refusals::kPlain},
        {Style::kCallbackGeneric, GuardedServer::Refusals::kPlain},
        {Style::kSync, GuardedServer::Refusals::kRich},
        {Style::kCallback, GuardedServer::Refusals::kRich}}) {
    GuardedServer server(*guard, style, Port::kInsecure, refusals);
    const auto stub = server.NewStub();
    for (const Kind kind : kKinds) {
      SCOPED_TRACE(base::StrCat(NameOf(style), " ", NameOf(kind)));
      const int before = server.entries();
      const Outcome anonymous = Call(*stub, kind, {});
      EXPECT_TRUE(anonymous.status.ok()) << anonymous.status.error_message();
      EXPECT_EQ(anonymous.reply.subject(), "(no caller)");
      const Outcome known = Call(*stub, kind, alice);
      EXPECT_TRUE(known.status.ok()) << known.status.error_message();
      EXPECT_EQ(known.reply.subject(), "alice");
      EXPECT_EQ(server.entries(), before + 2);

      EXPECT_EQ(Call(*stub, kind, denied).status.error_code(), UNAUTHENTICATED);
      EXPECT_EQ(Call(*stub, kind, header("")).status.error_code(),
                UNAUTHENTICATED);
      EXPECT_EQ(Call(*stub, kind, header("Basic YTpi")).status.error_code(),
                UNAUTHENTICATED);
      EXPECT_EQ(Call(*stub, kind, no_scope).status.error_code(),
                PERMISSION_DENIED);
      EXPECT_EQ(Call(*stub, kind, undecided).status.error_code(), UNAVAILABLE);
      EXPECT_EQ(server.entries(), before + 2) << "a handler ran";
    }
  }
}

// The status of a call of grpc.health.v1.Health/Check. Its empty request has
// the same bytes as any other.
grpc::StatusCode CheckHealth(const GuardedServer& server) {
  const auto channel = server.NewChannel();
  const grpc::internal::RpcMethod method("/grpc.health.v1.Health/Check",
                                         grpc::internal::RpcMethod::NORMAL_RPC);
  grpc::ClientContext context;
  EchoReply reply;
  return grpc::internal::BlockingUnaryCall<EchoRequest, EchoReply>(
             channel.get(), method, &context, EchoRequest(), &reply)
      .error_code();
}

TEST(GuardPolicy, AnswersHealthChecksOnlyIfItSaysSo) {
  FakeUsherd usherd;
  grpc::EnableDefaultHealthCheckService(true);
  const auto without_rule =
      GuardWith(usherd.address(), MethodPolicy().Default({}));
  const auto with_rule =
      GuardWith(usherd.address(), MethodPolicy().Default({}).Health(Public()));
  GuardedServer behind_without(*without_rule, Style::kCallback);
  GuardedServer behind_with(*with_rule, Style::kCallback);
  grpc::EnableDefaultHealthCheckService(false);
  EXPECT_EQ(CheckHealth(behind_without), PERMISSION_DENIED);
  EXPECT_EQ(CheckHealth(behind_with), OK);
}

TEST(GuardOptions, ShowsTheTokenToHandlersOnlyIfConfigured) {
  FakeUsherd usherd;
  GuardOptions options = OptionsFor(usherd.address());
  options.insecure_show_token_to_handlers = true;
  const auto guard = *Guard::Create(std::move(options));
  GuardedServer server(*guard, Style::kSync);
  const auto stub = server.NewStub();
  EXPECT_TRUE(Call(*stub, Bearer("good.alice")).reply.saw_token());
}

TEST(GuardOptions, AcceptsIdTokensOnlyIfConfigured) {
  FakeUsherd usherd;
  for (const bool instead : {false, true}) {
    GuardOptions options = OptionsFor(usherd.address());
    options.take_id_tokens_instead_of_access_tokens = instead;
    const auto guard = *Guard::Create(std::move(options));
    GuardedServer server(*guard, Style::kCallback);
    EXPECT_TRUE(Call(*server.NewStub(), Bearer("good.alice")).status.ok());
    EXPECT_EQ(usherd.kind(), instead ? v1::ID_TOKEN : v1::ACCESS_TOKEN);
  }
}

class GuardTokenHeader : public ::testing::Test {
 protected:
  GuardTokenHeader() {
    GuardOptions options = OptionsFor(usherd_.address());
    options.token_header = kOtherHeader;
    options.policy =
        MethodPolicy()
            .Service("usher.testing.Echo", {})
            .Method("/usher.testing.Echo/Bidi", {.optional = true});
    guard_ = *Guard::Create(std::move(options));
  }

  FakeUsherd usherd_;
  std::unique_ptr<Guard> guard_;
};

TEST_F(GuardTokenHeader, IsTheOnlySourceOfTheToken) {
  for (const Style style : kStyles) {
    GuardedServer server(*guard_, style);
    const auto stub = server.NewStub();
    const auto call = [&](const Headers& headers) {
      const Outcome outcome = Call(*stub, headers);
      EXPECT_FALSE(outcome.reply.saw_token()) << NameOf(style);
      return outcome.status.ok() ? outcome.reply.subject()
                                 : outcome.status.error_message();
    };
    for (const char* value : {"good.alice", "Bearer good.alice",
                              "bearer  good.alice", " good.alice "}) {
      EXPECT_EQ(call({{kOtherHeader, value}}), "alice") << value;
    }
    EXPECT_EQ(call({{"authorization", "Bearer good.mallory"},
                    {kOtherHeader, "good.alice"}}),
              "alice");
    EXPECT_EQ(
        call({{"authorization", "Basic YTpi"}, {kOtherHeader, "good.alice"}}),
        "alice");
    EXPECT_THAT(call(Bearer("good.alice")),
                AllOf(HasSubstr("TOKEN_MISSING: "), HasSubstr(kOtherHeader)));
    EXPECT_THAT(call({{"authorization", "Bearer good.alice"},
                      {kOtherHeader, "forged"}}),
                HasSubstr("SIGNATURE_INVALID"));
    for (const char* value : {"Basic good.alice", "good.alice good.bob"}) {
      EXPECT_THAT(call({{kOtherHeader, value}}),
                  HasSubstr("AUTH_SCHEME_UNSUPPORTED"));
    }
    for (const Headers& two :
         {Headers{{kOtherHeader, "good.alice"}, {kOtherHeader, "good.bob"}},
          Headers{{kOtherHeader, "good.alice,good.bob"}}}) {
      EXPECT_THAT(call(two), HasSubstr("TOKEN_MULTIPLE"));
    }
  }
}

TEST_F(GuardTokenHeader, DecidesWhetherAnOptionalTokenWasSent) {
  GuardedServer server(*guard_, Style::kCallback);
  const auto stub = server.NewStub();
  EXPECT_EQ(Call(*stub, Kind::kBidi, Bearer("forged")).reply.subject(),
            "(no caller)")
      << "not the token's header";
  EXPECT_EQ(
      Call(*stub, Kind::kBidi, {{kOtherHeader, "forged"}}).status.error_code(),
      UNAUTHENTICATED);
}

TEST_F(GuardTokenHeader, MustBeAMetadataKeyThatGrpcLeavesAlone) {
  for (const char* name :
       {"", "X-Token", "x token", ":path", "x-token-bin", "grpc-timeout", "te",
        "content-type", "user-agent", "host", "x-t\xc3\xa9"}) {
    GuardOptions options = OptionsFor("localhost:1");
    options.token_header = name;
    EXPECT_THAT(std::string(Guard::Create(options).status().message()),
                HasSubstr("token_header: "))
        << name;
  }
}

TEST(GuardOptions, ReportsEveryErrorAtOnce) {
  MethodPolicy policy;
  policy.Method("nonsense", {}).Default(Public());
  const auto guard = Guard::Create({.client = {.target = "localhost:88979",
                                               .tls = std::nullopt,
                                               .deadline = absl::ZeroDuration(),
                                               .max_attempts = 0},
                                    .audiences = {},
                                    .policy = policy,
                                    .policy_file = "/no/such/policy.yaml",
                                    .max_pending_calls = 0});
  ASSERT_FALSE(guard.ok());
  const std::string message(guard.status().message());
  for (const char* part :
       {"client.target: a port is at most 65535", "client.deadline: must be",
        "client.max_attempts: must be",
        "policy_file: set either policy_file or policy", "/no/such/policy.yaml",
        "policy: method nonsense", "policy: default: must not be public",
        "max_pending_calls"}) {
    EXPECT_THAT(message, HasSubstr(part));
  }
}

TEST(GuardOptions, SendsNoPlaintextTokenBeyondThisMachine) {
  const auto guard = Guard::Create(
      {.client = {.target = "usher.example.com:9443", .tls = std::nullopt},
       .audiences = {"orders"}});
  EXPECT_EQ(guard.status().code(), absl::StatusCode::kFailedPrecondition);
}

TEST(GuardOptions, NameExactlyOneVerifier) {
  EXPECT_EQ(std::string(Guard::Create({}).status().message()),
            "client.target: must not be empty; audiences: must not be empty");
  const auto both = Guard::Create({.client = {.target = "localhost:1"},
                                   .verifier = std::make_shared<FakeVerifier>(),
                                   .audiences = {"orders"}});
  EXPECT_THAT(std::string(both.status().message()),
              HasSubstr("set either client or verifier"));
}

TEST(GuardOptions, AreReusable) {
  GuardOptions options = OptionsFor("localhost:1");
  for (int i = 0; i < 2; ++i) {
    EXPECT_TRUE(Guard::Create(options).ok());
  }
}

}  // namespace
}  // namespace usher::testing

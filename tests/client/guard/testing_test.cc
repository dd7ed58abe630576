#include "usher/testing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <optional>

// Debian's packages of newer versions of gRPC lack it.
#if __has_include("grpcpp/test/default_reactor_test_peer.h")
#define USHER_HAS_REACTOR_TEST_PEER
#include "grpcpp/test/default_reactor_test_peer.h"
#endif
#include "tests/client/guard/grpc/guarded_server.h"
#include "usher/caller.h"

namespace usher::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class TestingTest : public ::testing::Test {
 protected:
  Outcome CallWith(const std::string& authorization) {
    return Call(*stub_, {{"authorization", authorization}});
  }

  const std::shared_ptr<FakeVerifier> callers_ =
      std::make_shared<FakeVerifier>();
  const std::unique_ptr<Guard> guard_ = *Guard::Create(
      {.verifier = callers_,
       .audiences = {"orders"},
       .policy = MethodPolicy().Method("/usher.testing.Echo/Unary",
                                       {.scopes = {"orders.read"}})});
  GuardedServer server_{*guard_, Style::kCallback};
  const std::unique_ptr<Echo::Stub> stub_ = server_.NewStub();
};

TEST_F(TestingTest, AdmitsAFakeCaller) {
  const Outcome outcome = CallWith(
      callers_->Bearer({.subject = "alice", .scopes = {"orders.read"}}));
  EXPECT_TRUE(outcome.status.ok()) << outcome.status.error_message();
  EXPECT_EQ(outcome.reply.subject(), "alice");
}

TEST_F(TestingTest, DecidesAsInProduction) {
  EXPECT_THAT(
      CallWith(callers_->Bearer({.subject = "a"})).status.error_message(),
      StartsWith("insufficient_scope: SCOPE_INSUFFICIENT: "));
  EXPECT_THAT(CallWith(callers_->Bearer({.scopes = {"orders.read"},
                                         .audiences = {"billing"}}))
                  .status.error_message(),
              StartsWith("invalid_token: AUDIENCE_MISMATCH: "));
  EXPECT_THAT(CallWith(callers_->Bearer({.scopes = {"orders.read"},
                                         .expires_in = -absl::Seconds(1)}))
                  .status.error_message(),
              StartsWith("invalid_token: TOKEN_EXPIRED: "));
  EXPECT_THAT(CallWith("Bearer unknown").status.error_message(),
              StartsWith("invalid_token: SIGNATURE_INVALID: "));
  EXPECT_EQ(server_.entries(), 0);
}

TEST_F(TestingTest, RefusesAsTheTestChooses) {
  EXPECT_THAT(CallWith(callers_->BearerDenied(Reason::kIssuerUnknown))
                  .status.error_message(),
              StartsWith("invalid_token: ISSUER_UNKNOWN: "));
  EXPECT_EQ(CallWith(callers_->BearerUndecided()).status.error_code(),
            grpc::StatusCode::UNAVAILABLE);
}

TEST_F(TestingTest, AcceptsAPolicyFile) {
  const std::string path = ::testing::TempDir() + "guard_policy.yaml";
  std::ofstream(path) << "methods: {/usher.testing.Echo/Unary: public}\n";
  auto guard = Guard::Create(
      {.verifier = callers_, .audiences = {"orders"}, .policy_file = path});
  ASSERT_TRUE(guard.ok()) << guard.status();
  GuardedServer server(**guard, Style::kCallback);
  EXPECT_TRUE(Call(*server.NewStub(), Headers()).status.ok());
  std::ofstream(path) << "methods: {/usher.testing.Echo/Unary: {claims: "
                         "{tenant: acme}}}\n";
  ASSERT_TRUE((*guard)->ReloadPolicy().ok());
  const auto call = [&](std::string claims) {
    const std::string bearer =
        callers_->Bearer({.extra_claims_json = std::move(claims)});
    return Call(*server.NewStub(), {{"authorization", bearer}}).status;
  };
  EXPECT_TRUE(call(R"({"tenant":"acme"})").ok());
  EXPECT_THAT(call(R"({"tenant":"emca"})").error_message(),
              StartsWith("CLAIM_REJECTED: claim tenant "));
  EXPECT_EQ(call("{}").error_code(), grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_EQ(guard_->ReloadPolicy().code(),
            absl::StatusCode::kFailedPrecondition);
}

TEST_F(TestingTest, AcceptsOnePolicyAndReportsTheErrorsOfAFile) {
  const std::string path = ::testing::TempDir() + "guard_errors.yaml";
  std::ofstream(path) << "default: public\nservice: {}\n";
  const auto why = [&](GuardOptions options) {
    options.verifier = callers_;
    options.policy_file = path;
    const auto guard = Guard::Create(std::move(options));
    return std::string(guard.status().message());
  };
  EXPECT_THAT(why({}), AllOf(HasSubstr("unknown key \"service\""),
                             HasSubstr("default: must not be public")));
  EXPECT_THAT(why({.policy = MethodPolicy().Default({})}),
              HasSubstr("set either policy_file or policy"));
}

TEST_F(TestingTest, RevokesAtOnce) {
  const std::string alice =
      callers_->Bearer({.subject = "alice", .scopes = {"orders.read"}});
  EXPECT_TRUE(CallWith(alice).status.ok());
  callers_->Revoke(alice);
  EXPECT_THAT(CallWith(alice).status.error_message(),
              StartsWith("invalid_token: TOKEN_REVOKED: "));
}

// The verified token of `caller`, for the audience "orders".
VerifiedToken TokenOf(FakeCaller caller) {
  FakeVerifier verifier;
  const std::string bearer = verifier.Bearer(std::move(caller));
  std::optional<VerifyResult> result;
  verifier.Verify(
      {.token = std::string_view(bearer).substr(7), .audiences = {"orders"}},
      [&](VerifyResult made) { result = std::move(made); });
  return *result->verified();
}

TEST(FakeCallerTest, HasClaimsThatAgreeWithItsFields) {
  const VerifiedToken token =
      TokenOf({.subject = "alice",
               .scopes = {"orders.read", "orders.write"},
               .client_id = "web",
               .extra_claims_json = R"({"tenant":"acme","jti":"t1",
                   "sid":"s1","nbf":1000,"cnf":{"jkt":"x"}})",
               .expires_in = absl::Minutes(5)});
  const Claims& claims = token.claims();
  EXPECT_EQ(claims.FindString("iss"), token.issuer());
  EXPECT_EQ(claims.FindString("sub"), "alice");
  EXPECT_EQ(claims.FindString("aud"), "orders");
  EXPECT_EQ(claims.FindString("scope"), "orders.read orders.write");
  EXPECT_EQ(claims.FindString("client_id"), "web");
  EXPECT_EQ(claims.FindString("tenant"), "acme");
  EXPECT_EQ(token.token_id(), "t1");
  EXPECT_EQ(token.session_id(), "s1");
  EXPECT_EQ(token.not_before(), absl::FromUnixSeconds(1000));
  EXPECT_EQ(token.confirmation_json(), R"({"jkt":"x"})");
  EXPECT_EQ(token.client_id(), "web");
  ASSERT_TRUE(token.issued_at().has_value());
  EXPECT_EQ(absl::FromUnixSeconds(*claims.FindInteger("iat")),
            *token.issued_at());
  EXPECT_EQ(absl::FromUnixSeconds(*claims.FindInteger("exp")),
            token.expires_at());
  EXPECT_EQ(token.expires_at(), *token.issued_at() + absl::Minutes(5));
}

TEST(FakeCallerTest, HasAnExactExpiryBelowASecond) {
  const VerifiedToken token = TokenOf({.expires_in = absl::Milliseconds(1500)});
  const auto exp = token.claims().FindNumber("exp");
  ASSERT_TRUE(exp.has_value());
  EXPECT_EQ(absl::ToUnixMillis(*token.expires_at()), std::llround(*exp * 1000));
}

TEST(FakeCallerTest, HasNoClaimsForFieldsThatAreNotSet) {
  const VerifiedToken token =
      TokenOf({.audiences = {"orders", "stock"},
               .extra_claims_json = R"( { "azp" : "web" } )"});
  EXPECT_FALSE(token.claims().TypeOf("sub"));
  EXPECT_FALSE(token.claims().TypeOf("scope"));
  EXPECT_FALSE(token.claims().TypeOf("client_id"));
  EXPECT_EQ(token.client_id(), "web");
  EXPECT_EQ(token.claims().FindStrings("aud"),
            (std::vector<std::string>{"orders", "stock"}));
}

TEST(FakeCallerDeathTest, EndsTheProgramIfItContradictsItself) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  for (const auto& [json, message] :
       {std::pair{R"({"sub":"bob"})", "names sub: set FakeCaller::subject"},
        {R"({"exp":1})", "names exp: set FakeCaller::expires_in"},
        {R"({"scp":["a"]})", "names scp: set FakeCaller::scopes"},
        {R"(["tenant"])", "is no JSON object"},
        {R"({"tenant":})", "is no JSON object"},
        {R"({"a":1,"a":2})", "names a claim twice"}}) {
    EXPECT_DEATH(FakeVerifier().Bearer({.extra_claims_json = json}), message);
  }
}

// Handlers that a test calls without a server.
TEST(ScopedCallerTest, GivesACallerToAHandlerThatIsCalledDirectly) {
  Counter counter;
  grpc::ServerContext alice, bob, none;
  const ScopedCaller first(alice, {.subject = "alice", .scopes = {"a"}});
  {
    const ScopedCaller second(bob, {.subject = "bob"});
    EXPECT_EQ(ReplyTo(alice, counter).subject(), "alice");
    EXPECT_EQ(ReplyTo(bob, counter).subject(), "bob");
    EXPECT_EQ(ReplyTo(none, counter).subject(), "(no caller)");
  }
  EXPECT_EQ(FindCaller(bob), nullptr);
  EXPECT_TRUE(FindCaller(alice)->HasScope("a"));
  EXPECT_EQ(FindCaller(alice)->claims().FindString("sub"), "alice");
}

class DirectEcho final : public Echo::CallbackService {
  grpc::ServerUnaryReactor* Unary(grpc::CallbackServerContext* context,
                                  const EchoRequest*,
                                  EchoReply* reply) override {
    Counter counter;
    *reply = ReplyTo(*context, counter);
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }
};

#ifdef USHER_HAS_REACTOR_TEST_PEER
TEST(ScopedCallerTest, WorksInCallbackStyle) {
  DirectEcho service;
  grpc::CallbackServerContext context;
  grpc::testing::DefaultReactorTestPeer reactor(&context);
  const ScopedCaller caller(context, {.subject = "alice"});
  const EchoRequest request;
  EchoReply reply;
  static_cast<Echo::CallbackService&>(service).Unary(&context, &request,
                                                     &reply);
  EXPECT_TRUE(reactor.test_status_set());
  EXPECT_EQ(reply.subject(), "alice");
}
#endif

TEST(ScopedCallerTest, DoesNotChangeCallsThroughAServer) {
  grpc::ServerContext context;
  const ScopedCaller caller(context, {.subject = "alice"});
  auto verifier = std::make_shared<FakeVerifier>();
  const auto guard = *Guard::Create(
      {.verifier = verifier,
       .audiences = {"orders"},
       .policy = EchoPolicy().Method("/usher.testing.Echo/Unary", Public())});
  GuardedServer server(*guard, Style::kCallback);
  EXPECT_EQ(Call(*server.NewStub(), {}).reply.subject(), "(no caller)");
}

}  // namespace
}  // namespace usher::testing

#include "client/guard/decide/authorizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <memory>
#include <optional>
#include <utility>

#include "lib/base/executor.h"
#include "lib/base/text/strings.h"
#include "tests/client/guard/decide/scripted_verifier.h"
#include "tests/support/fake_clock.h"

namespace usher::guard {
namespace {

using absl::StatusCode;
using ::testing::ElementsAre;
using testing::FakeClock;
using testing::ScriptedVerifier;
using ::testing::StartsWith;

constexpr std::string_view kList = "/shop.Orders/List";
constexpr std::string_view kDelete = "/shop.Orders/Delete";
constexpr std::string_view kEither = "/shop.Orders/Either";
constexpr std::string_view kRefund = "/shop.Orders/Refund";
constexpr std::string_view kBill = "/shop.Billing/Bill";
constexpr std::string_view kPing = "/shop.Orders/Ping";
constexpr std::string_view kBrowse = "/shop.Orders/Browse";

MethodPolicy Policy() {
  MethodPolicy policy;
  policy.Service("shop.Orders", {})
      .Method(kDelete, {.scopes = {"orders.read", "orders.write"}})
      .Method(kEither, {.scopes = {"orders.read", "orders.write"},
                        .scope_match = ScopeMatch::kAny})
      .Method(kRefund,
              {.scopes = {"orders.refund"},
               .claims = {Claim("tenant").Is("acme"),
                          Claim({"access", "roles"}).Contains("cash")}})
      .Method(kPing, Public())
      .Method(kBrowse, {.scopes = {"orders.read"}, .optional = true})
      .Service("shop.Billing", {.audiences = {"billing"}});
  const std::string audiences[] = {"orders"};
  return policy.WithAudiences(audiences);
}

// Records what it observes: "refused TOKEN_EXPIRED asked 3s".
class RecordingObserver final : public GuardObserver {
 public:
  void OnCall(const CallDecision& call) override {
    constexpr const char* kOutcomes[] = {"admitted", "refused", "undecided"};
    std::string line = kOutcomes[static_cast<int>(call.outcome)];
    if (call.reason) line += base::StrCat(" ", NameOf(*call.reason));
    if (call.asked_verifier) {
      line += base::StrCat(" asked ", absl::ToInt64Seconds(call.waited), "s");
    }
    lines.push_back(line);
  }
  void OnUndecided(const Undecided& undecided) override {
    lines.push_back(undecided.message);
  }
  std::vector<std::string> lines;
};

class AuthorizerTest : public ::testing::Test {
 protected:
  struct Result {
    std::optional<Decision> decision;
    std::string Message() const {
      return decision ? decision->message : "(pending)";
    }
    std::optional<StatusCode> Code() const {
      return decision ? std::optional(decision->code) : std::nullopt;
    }
  };

  // On the heap: the callback writes to it later.
  std::shared_ptr<Result> Call(std::string_view path, std::string_view token) {
    auto result = std::make_shared<Result>();
    const std::string value = base::StrCat("Bearer ", token);
    const std::string_view values[] = {value};
    authorizer_.Decide({path, values}, [result](const Decision& decision) {
      ASSERT_FALSE(result->decision.has_value()) << "the callback ran twice";
      result->decision = decision;
    });
    return result;
  }

  Authorizer::Identity Identity(std::string_view path, std::string_view token) {
    const std::string value = base::StrCat("Bearer ", token);
    const std::string_view values[] = {value};
    return authorizer_.FindIdentity({path, values});
  }

  VerifyResult Verified(const std::string& subject,
                        absl::Duration cache_for = absl::Seconds(30)) {
    auto fields = testing::FieldsOf(subject, clock_.Now() + absl::Hours(1));
    fields.cache_for = cache_for;
    return internal::TokenMint::Make(std::move(fields));
  }
  // Every token is good. Its subject is the token itself.
  void VerifyAll() {
    verifier_.Complete(
        [&](const auto& asked) { return Verified(asked.token); });
  }

  FakeClock clock_;
  ScriptedVerifier verifier_;
  std::shared_ptr<RecordingObserver> observer_ =
      std::make_shared<RecordingObserver>();
  Authorizer authorizer_{Policy(),
                         {.questions = {.max_calls = 200}},
                         clock_,
                         verifier_,
                         observer_};
};

TEST_F(AuthorizerTest, VerifiesANewTokenAndAdmitsItsCaller) {
  const auto call = Call(kList, "alice");
  EXPECT_FALSE(call->decision) << "the verifier has not answered";
  EXPECT_EQ(authorizer_.pending_calls(), 1u);
  VerifyAll();
  EXPECT_EQ(call->Code(), StatusCode::kOk) << call->Message();
  EXPECT_EQ(authorizer_.pending_calls(), 0u);
  EXPECT_EQ(Identity(kList, "alice").caller->subject(), "alice");
}

TEST_F(AuthorizerTest, FindsNoCallerWithoutAToken) {
  const Authorizer::Identity identity = authorizer_.FindIdentity({kList, {}});
  EXPECT_EQ(identity.caller, nullptr);
  EXPECT_FALSE(identity.anonymous);
}

TEST_F(AuthorizerTest, VerifiesAccessTokensByDefault) {
  Call(kList, "alice");
  EXPECT_EQ(verifier_.Take().at(0).kind, TokenKind::kAccessToken);
  Authorizer for_id_tokens(Policy(), {}, clock_, verifier_, nullptr,
                           TokenKind::kIdToken);
  const std::string_view values[] = {"Bearer alice"};
  for_id_tokens.Decide({kList, values}, [](const Decision&) {});
  auto asked = verifier_.Take();
  EXPECT_EQ(asked.at(0).kind, TokenKind::kIdToken);
  asked.at(0).done(Verified("alice"));
}

TEST_F(AuthorizerTest, SendsTheTraceOfTheFirstCall) {
  const std::string_view values[] = {"Bearer alice"};
  authorizer_.Decide(
      {.path = kList,
       .token_values = values,
       .trace = {.traceparent = "00-a-b-01", .request_id = "r1"}},
      [](const Decision&) {});
  // A second call with the same token waits for the first.
  authorizer_.Decide(
      {.path = kList,
       .token_values = values,
       .trace = {.traceparent = "00-c-d-01", .request_id = "r2"}},
      [](const Decision&) {});
  auto asked = verifier_.Take();
  ASSERT_EQ(asked.size(), 1u);
  EXPECT_EQ(asked[0].traceparent, "00-a-b-01");
  EXPECT_EQ(asked[0].request_id, "r1");
  asked[0].done(Verified("alice"));
}

TEST_F(AuthorizerTest, DecidesFromMemoryForAsLongAsAllowed) {
  Call(kList, "alice");
  VerifyAll();
  EXPECT_EQ(Call(kList, "alice")->Code(), StatusCode::kOk);
  EXPECT_EQ(verifier_.count(), 1u);
  clock_.Advance(absl::Seconds(30));
  EXPECT_FALSE(Call(kList, "alice")->decision);
  EXPECT_EQ(verifier_.count(), 2u);
}

TEST_F(AuthorizerTest, VerifiesATokenOnceForAllCallsThatWait) {
  std::vector<std::shared_ptr<Result>> calls;
  for (int i = 0; i < 50; ++i) calls.push_back(Call(kList, "alice"));
  EXPECT_EQ(verifier_.count(), 1u);
  VerifyAll();
  for (const auto& call : calls) EXPECT_EQ(call->Code(), StatusCode::kOk);
}

TEST_F(AuthorizerTest, VerifiesATokenOncePerAudience) {
  const auto list = Call(kList, "alice");
  const auto bill = Call(kBill, "alice");
  auto asked = verifier_.Take();
  ASSERT_EQ(asked.size(), 2u);
  EXPECT_THAT(asked[0].audiences, ElementsAre("orders"));
  EXPECT_THAT(asked[1].audiences, ElementsAre("billing"));
  asked[0].done(Verified("alice"));
  asked[1].done(Denial{.reason = Reason::kAudienceMismatch, .message = "no"});
  EXPECT_EQ(list->Code(), StatusCode::kOk);
  EXPECT_EQ(bill->Message(), "invalid_token: AUDIENCE_MISMATCH: no");
}

TEST_F(AuthorizerTest, ChecksScopesOnEachCall) {
  const auto list = Call(kList, "alice");
  const auto remove = Call(kDelete, "alice");
  const auto either = Call(kEither, "alice");
  EXPECT_EQ(verifier_.count(), 1u);
  VerifyAll();  // with the scope orders.read
  EXPECT_EQ(list->Code(), StatusCode::kOk);
  EXPECT_EQ(remove->Code(), StatusCode::kPermissionDenied);
  EXPECT_EQ(remove->Message(),
            "insufficient_scope: SCOPE_INSUFFICIENT: needs orders.read "
            "orders.write");
  EXPECT_EQ(either->Code(), StatusCode::kOk);
  EXPECT_EQ(Call(kDelete, "alice")->Code(), StatusCode::kPermissionDenied);
  EXPECT_EQ(verifier_.count(), 1u);
}

TEST_F(AuthorizerTest, ChecksClaimsOnEachCallAndBeforeScopes) {
  struct Case {
    const char* token;
    const char* claims;
    const char* scope;
    const char* message;
  };
  constexpr const char* kWrongTenant =
      "CLAIM_REJECTED: claim tenant is absent or not what this method requires";
  constexpr const char* kNoRole =
      "CLAIM_REJECTED: claim access.roles is absent or not what this method "
      "requires";
  for (const Case& one : {
           Case{"none", "{}", "orders.refund", kWrongTenant},
           Case{"emca", R"({"tenant":"emca","access":{"roles":["cash"]}})",
                "orders.refund", kWrongTenant},
           Case{"clerk", R"({"tenant":"acme","access":{"roles":["desk"]}})",
                "orders.refund", kNoRole},
           Case{"clerkless", R"({"tenant":"acme"})", "orders.read", kNoRole},
           Case{"scopeless", R"({"tenant":"acme","access":{"roles":["cash"]}})",
                "orders.read",
                "insufficient_scope: SCOPE_INSUFFICIENT: needs orders.refund"},
           Case{"good", R"({"tenant":"acme","access":{"roles":["cash"]}})",
                "orders.refund", ""},
       }) {
    const auto call = Call(kRefund, one.token);
    verifier_.Complete([&](const auto&) {
      auto fields = testing::FieldsOf(one.token, clock_.Now() + absl::Hours(1));
      fields.claims_json = one.claims;
      fields.scopes = {one.scope};
      return internal::TokenMint::Make(std::move(fields));
    });
    const auto from_memory = Call(kRefund, one.token);
    for (const auto& result : {call, from_memory}) {
      EXPECT_EQ(result->Message(), one.message) << one.token;
      EXPECT_EQ(result->Code(), *one.message == '\0'
                                    ? StatusCode::kOk
                                    : StatusCode::kPermissionDenied);
    }
    // Other methods do not require these claims.
    EXPECT_EQ(Call(kList, one.token)->Code(), StatusCode::kOk) << one.token;
  }
  EXPECT_EQ(verifier_.count(), 6u) << "the others were decided from memory";
}

TEST_F(AuthorizerTest, DecidesPendingCallsByThePolicyTheyBeganWith) {
  const auto list = Call(kList, "alice");
  const auto remove = Call(kDelete, "alice");
  MethodPolicy next;
  next.Method(kDelete, {.audiences = {"orders"}});
  authorizer_.SetPolicy(std::move(next));
  EXPECT_THAT(Call(kList, "alice")->Message(),
              StartsWith("METHOD_NOT_IN_POLICY: "));
  EXPECT_FALSE(Call(kDelete, "alice")->decision);
  VerifyAll();
  EXPECT_EQ(list->Code(), StatusCode::kOk);
  EXPECT_THAT(remove->Message(), StartsWith("insufficient_scope: "));
  EXPECT_EQ(Call(kDelete, "alice")->Code(), StatusCode::kOk);
  EXPECT_EQ(verifier_.count(), 1u) << "verdicts outlive policies";
}

TEST_F(AuthorizerTest, RefusesMethodsThatAreNotInThePolicy) {
  const auto call = Call("/shop.Carts/List", "alice");
  EXPECT_EQ(call->Code(), StatusCode::kPermissionDenied);
  EXPECT_THAT(call->Message(), StartsWith("METHOD_NOT_IN_POLICY: "));
  EXPECT_EQ(verifier_.count(), 0u);
}

TEST_F(AuthorizerTest, IgnoresTheTokenOnAPublicMethod) {
  EXPECT_EQ(Call(kPing, "whatever")->Code(), StatusCode::kOk);
  EXPECT_EQ(verifier_.count(), 0u);
  Call(kList, "alice");
  VerifyAll();
  EXPECT_TRUE(Identity(kPing, "alice").anonymous);
  EXPECT_EQ(Identity(kPing, "alice").caller, nullptr);
}

TEST_F(AuthorizerTest, AdmitsACallWithoutAHeaderIfItsTokenIsOptional) {
  Result result;
  authorizer_.Decide({kBrowse, {}},
                     [&](const Decision& d) { result.decision = d; });
  EXPECT_EQ(result.Code(), StatusCode::kOk);
  const Authorizer::Identity identity = authorizer_.FindIdentity({kBrowse, {}});
  EXPECT_TRUE(identity.anonymous);
  EXPECT_EQ(identity.caller, nullptr);
  EXPECT_EQ(verifier_.count(), 0u);
}

TEST_F(AuthorizerTest, ChecksAnOptionalTokenLikeAnyOther) {
  const auto good = Call(kBrowse, "alice");
  VerifyAll();  // with the scope orders.read
  EXPECT_EQ(good->Code(), StatusCode::kOk);
  EXPECT_EQ(Identity(kBrowse, "alice").caller->subject(), "alice");

  const auto denied = Call(kBrowse, "old");
  verifier_.Complete([](const auto&) {
    return Denial{.reason = Reason::kTokenExpired, .message = "expired"};
  });
  EXPECT_EQ(denied->Message(), "invalid_token: TOKEN_EXPIRED: expired");

  const auto undecided = Call(kBrowse, "bob");
  verifier_.Complete([](const auto&) {
    return Undecided{.cause = Undecided::Cause::kUnreachable};
  });
  EXPECT_EQ(undecided->Code(), StatusCode::kUnavailable);

  const auto no_scope = Call(kBrowse, "carol");
  verifier_.Complete([&](const auto&) {
    auto fields = testing::FieldsOf("carol", clock_.Now() + absl::Hours(1));
    fields.scopes = {};
    return internal::TokenMint::Make(std::move(fields));
  });
  EXPECT_EQ(no_scope->Code(), StatusCode::kPermissionDenied);

  for (const char* token : {"old", "bob", "carol"}) {
    EXPECT_FALSE(Identity(kBrowse, token).anonymous) << token;
    EXPECT_EQ(Identity(kBrowse, token).caller, nullptr) << token;
  }
}

TEST_F(AuthorizerTest, RefusesAMalformedHeaderEvenIfTheTokenIsOptional) {
  struct Case {
    std::vector<std::string_view> values;
    const char* message;
  };
  for (const Case& one :
       {Case{{""}, "TOKEN_MISSING: "}, Case{{"Bearer"}, "TOKEN_MISSING: "},
        Case{{"Basic YTpi"}, "invalid_request: AUTH_SCHEME_UNSUPPORTED: "},
        Case{{"Bearer a", "Bearer a"}, "invalid_request: TOKEN_MULTIPLE: "}}) {
    Result result;
    authorizer_.Decide({kBrowse, one.values},
                       [&](const Decision& d) { result.decision = d; });
    EXPECT_THAT(result.Message(), StartsWith(one.message));
    EXPECT_FALSE(authorizer_.FindIdentity({kBrowse, one.values}).anonymous);
  }
}

TEST_F(AuthorizerTest, RefusesMalformedHeadersWithoutVerification) {
  Result result;
  authorizer_.Decide({kList, {}},
                     [&](const Decision& d) { result.decision = d; });
  EXPECT_EQ(result.Code(), StatusCode::kUnauthenticated);
  EXPECT_THAT(result.Message(), StartsWith("TOKEN_MISSING: "));
  EXPECT_THAT(Call(kList, std::string(20'000, 'x'))->Message(),
              StartsWith("invalid_token: TOKEN_TOO_LARGE: "));
  EXPECT_EQ(verifier_.count(), 0u);
}

TEST_F(AuthorizerTest, RemembersADenialForFiveSeconds) {
  const auto deny = [](const auto&) {
    return Denial{.reason = Reason::kTokenExpired, .message = "expired"};
  };
  Call(kList, "old");
  verifier_.Complete(deny);
  const auto call = Call(kList, "old");
  EXPECT_EQ(call->Code(), StatusCode::kUnauthenticated);
  EXPECT_EQ(call->Message(), "invalid_token: TOKEN_EXPIRED: expired");
  clock_.Advance(absl::Seconds(5));
  EXPECT_FALSE(Call(kList, "old")->decision);
}

TEST_F(AuthorizerTest, NeverRemembersAnUndecidedResult) {
  const auto call = Call(kList, "alice");
  verifier_.Complete([](const auto&) {
    return Undecided{.cause = Undecided::Cause::kUnreachable};
  });
  EXPECT_EQ(call->Code(), StatusCode::kUnavailable);
  const auto again = Call(kList, "alice");
  VerifyAll();
  EXPECT_EQ(again->Code(), StatusCode::kOk);
}

TEST_F(AuthorizerTest, VerifiesATokenThatMayNotBeCachedOnEachCall) {
  for (int i = 1; i <= 3; ++i) {
    const auto call = Call(kList, "alice");
    verifier_.Complete(
        [&](const auto&) { return Verified("alice", absl::ZeroDuration()); });
    EXPECT_EQ(call->Code(), StatusCode::kOk);
    EXPECT_NE(Identity(kList, "alice").caller, nullptr)
        << "the interceptor still needs the caller";
    EXPECT_EQ(verifier_.count(), static_cast<size_t>(i));
  }
}

TEST_F(AuthorizerTest, LimitsTheNumberOfPendingCalls) {
  std::vector<std::shared_ptr<Result>> calls;
  for (int i = 0; i < 100; ++i) {
    calls.push_back(Call(kList, base::StrCat("token-", i / 2)));
  }
  for (const char* token : {"token-0", "another"}) {
    const auto over = Call(kList, token);
    EXPECT_EQ(over->Code(), StatusCode::kUnavailable);
    EXPECT_THAT(over->Message(), StartsWith("OVERLOADED: "));
  }
  VerifyAll();
  for (const auto& call : calls) EXPECT_EQ(call->Code(), StatusCode::kOk);
  EXPECT_FALSE(Call(kList, "another")->decision) << "there is room again";
}

TEST_F(AuthorizerTest, FindsNoCallerThatWasNotAdmitted) {
  EXPECT_EQ(Identity(kList, "alice").caller, nullptr);
  Call(kDelete, "alice");
  VerifyAll();
  EXPECT_EQ(Identity(kDelete, "alice").caller, nullptr)
      << "verified, but refused for its scopes";
  EXPECT_FALSE(Identity("/shop.Carts/List", "alice").anonymous);
}

TEST_F(AuthorizerTest, ForgetsAnAdmissionAfterTenMinutes) {
  Call(kList, "alice");
  VerifyAll();
  clock_.Advance(absl::Minutes(10));
  EXPECT_EQ(Identity(kList, "alice").caller, nullptr);
}

TEST_F(AuthorizerTest, EndsAnAdmissionAlsoIfTheInterceptorSeesNoRule) {
  Call(kList, "alice");
  VerifyAll();
  EXPECT_EQ(authorizer_.admitted_calls(), 1u);
  // gRPC's name for a method that the server lacks, in sync style.
  EXPECT_EQ(Identity("unknown", "alice").caller, nullptr);
  EXPECT_EQ(authorizer_.admitted_calls(), 0u);
}

TEST_F(AuthorizerTest, AnAdmissionThatAnotherCallEndedCostsNoCaller) {
  Call(kList, "alice");
  VerifyAll();
  // A public method that the server lacks: this call has no admission.
  EXPECT_EQ(Call(kPing, "alice")->Code(), StatusCode::kOk);
  Identity("unknown", "alice");
  const auto identity = Identity(kList, "alice");
  ASSERT_NE(identity.caller, nullptr);
  EXPECT_EQ(identity.caller->subject(), "alice");
  EXPECT_EQ(Identity(kDelete, "alice").caller, nullptr)
      << "only what the rule of the method allows";
}

// Keeps its work until RunAll().
class ManualExecutor final : public base::Executor {
 public:
  void Run(absl::AnyInvocable<void()> work) override {
    queue_.push_back(std::move(work));
  }
  size_t queued() const { return queue_.size(); }
  void RunAll() {
    while (!queue_.empty()) {
      auto work = std::move(queue_.front());
      queue_.pop_front();
      work();
    }
  }

 private:
  std::deque<absl::AnyInvocable<void()>> queue_;
};

TEST(AuthorizerAsks, OnlyThroughItsExecutor) {
  FakeClock clock;
  ScriptedVerifier verifier;
  ManualExecutor executor;
  Authorizer authorizer(Policy(), {}, clock, verifier, nullptr,
                        TokenKind::kAccessToken, &executor);
  const auto call = [&](const char* token) {
    auto code = std::make_shared<std::optional<StatusCode>>();
    const std::string_view values[] = {token};
    authorizer.Decide({kList, values}, [code](const Decision& decision) {
      *code = decision.code;
    });
    return code;
  };
  const auto first = call("Bearer alice");
  EXPECT_EQ(verifier.count(), 0u) << "not on the thread of the connection";
  EXPECT_EQ(executor.queued(), 1u);
  executor.RunAll();
  EXPECT_EQ(verifier.count(), 1u);
  EXPECT_FALSE(first->has_value());
  verifier.Complete([&](const auto&) -> VerifyResult {
    return internal::TokenMint::Make(
        testing::FieldsOf("alice", clock.Now() + absl::Hours(1)));
  });
  EXPECT_EQ(*first, StatusCode::kOk);
  // From memory: nothing to ask.
  EXPECT_EQ(*call("Bearer alice"), StatusCode::kOk);
  EXPECT_EQ(executor.queued(), 0u);
  // What was queued when it stopped has its answer too.
  const auto late = call("Bearer bob");
  authorizer.Stop();
  EXPECT_FALSE(late->has_value());
  executor.RunAll();
  EXPECT_EQ(*late, StatusCode::kUnavailable);
  EXPECT_EQ(*call("Bearer carol"), StatusCode::kUnavailable);
  EXPECT_EQ(executor.queued(), 0u) << "not used once it is stopped";
}

TEST_F(AuthorizerTest, DecidesOnlyFromMemoryOnceStopped) {
  Call(kList, "alice");
  VerifyAll();
  const auto waiting = Call(kList, "bob");
  authorizer_.Stop();
  EXPECT_EQ(Call(kList, "alice")->Code(), StatusCode::kOk);
  EXPECT_EQ(Call(kList, "carol")->Code(), StatusCode::kUnavailable);
  VerifyAll();
  EXPECT_EQ(waiting->Code(), StatusCode::kOk);
}

TEST_F(AuthorizerTest, ReportsEachCallToItsObserver) {
  Call(kPing, "x");
  Call("/shop.Carts/List", "x");
  Call(kList, "two tokens");
  Call(kList, "alice");
  clock_.Advance(absl::Seconds(3));
  VerifyAll();
  Call(kList, "alice");
  Call(kDelete, "alice");
  Call(kList, "bob");
  verifier_.Complete([](const auto&) {
    return Undecided{.cause = Undecided::Cause::kNotAllowed,
                     .message = "not for this service"};
  });
  EXPECT_THAT(observer_->lines,
              ElementsAre("admitted", "refused METHOD_NOT_IN_POLICY",
                          "refused TOKEN_MALFORMED", "admitted asked 3s",
                          "admitted", "refused SCOPE_INSUFFICIENT",
                          "not for this service", "undecided asked 0s"));
}

}  // namespace
}  // namespace usher::guard

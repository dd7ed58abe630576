#include "client/guard/decide/authorizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

#include "lib/base/strings.h"
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
      .Service("shop.Billing", {.audiences = {"billing"}});
  const std::string audiences[] = {"orders"};
  return policy.WithAudiences(audiences);
}

// Writes down what it hears: "refused TOKEN_EXPIRED asked 3s".
class Writing final : public GuardObserver {
 public:
  void OnCall(const Judged& call) override {
    constexpr const char* kEnds[] = {"admitted", "refused", "undecided"};
    std::string line = kEnds[static_cast<int>(call.end)];
    if (call.reason) line += base::StrCat(" ", NameOf(*call.reason));
    if (call.asked) {
      line += base::StrCat(" asked ", absl::ToInt64Seconds(call.waited), "s");
    }
    lines.push_back(line);
  }
  void OnUndecided(const Undecided& undecided) override {
    lines.push_back(undecided.message);
  }
  std::vector<std::string> lines;
};

class GatekeeperTest : public ::testing::Test {
 protected:
  struct Told {
    std::optional<Ruling> ruling;
    std::string Message() const {
      return ruling ? ruling->message : "(parked)";
    }
    std::optional<StatusCode> Code() const {
      return ruling ? std::optional(ruling->code) : std::nullopt;
    }
  };

  // Never moves: `done` writes into it later.
  std::shared_ptr<Told> Call(std::string_view path, std::string_view token) {
    auto told = std::make_shared<Told>();
    const std::string value = base::StrCat("Bearer ", token);
    const std::string_view values[] = {value};
    authorizer_.Decide({path, values}, [told](const Ruling& ruling) {
      ASSERT_FALSE(told->ruling.has_value()) << "told twice";
      told->ruling = ruling;
    });
    return told;
  }

  Authorizer::Admitted Admitted(std::string_view path, std::string_view token) {
    const std::string value = base::StrCat("Bearer ", token);
    const std::string_view values[] = {value};
    return authorizer_.FindAdmitted({path, values});
  }

  VerifyResult Yes(const std::string& subject,
                   absl::Duration cache_for = absl::Seconds(30)) {
    auto fields = testing::FieldsOf(subject, clock_.Now() + absl::Hours(1));
    fields.cache_for = cache_for;
    return internal::TokenMint::Make(std::move(fields));
  }
  // Every token is good, and its bearer is called as the token.
  void AnswerYes() {
    verifier_.Answer([&](const auto& asked) { return Yes(asked.token); });
  }

  FakeClock clock_;
  ScriptedVerifier verifier_;
  std::shared_ptr<Writing> observer_ = std::make_shared<Writing>();
  Authorizer authorizer_{
      Policy(), {.max_parked = 100}, clock_, verifier_, observer_};
};

TEST_F(GatekeeperTest, AsksAboutANewTokenAndAdmitsItsBearer) {
  const auto call = Call(kList, "alice");
  EXPECT_FALSE(call->ruling) << "usherd has not answered";
  EXPECT_EQ(authorizer_.parked(), 1u);
  AnswerYes();
  EXPECT_EQ(call->Code(), StatusCode::kOk) << call->Message();
  EXPECT_EQ(authorizer_.parked(), 0u);
  EXPECT_EQ(Admitted(kList, "alice").caller->subject(), "alice");
}

TEST_F(GatekeeperTest, HasAdmittedNobodyWithoutAToken) {
  const Authorizer::Admitted admitted = authorizer_.FindAdmitted({kList, {}});
  EXPECT_EQ(admitted.caller, nullptr);
  EXPECT_FALSE(admitted.open);
}

TEST_F(GatekeeperTest, AsksForAccessTokensUnlessToldOtherwise) {
  Call(kList, "alice");
  EXPECT_EQ(verifier_.Take().at(0).kind, TokenKind::kAccessToken);
  Authorizer signed_in(Policy(), {}, clock_, verifier_, nullptr,
                       TokenKind::kIdToken);
  const std::string_view values[] = {"Bearer alice"};
  signed_in.Decide({kList, values}, [](const Ruling&) {});
  const auto asked = verifier_.Take();
  EXPECT_EQ(asked.at(0).kind, TokenKind::kIdToken);
  asked.at(0).done(Yes("alice"));
}

TEST_F(GatekeeperTest, SaysWhichRequestItAsksFor) {
  const std::string_view values[] = {"Bearer alice"};
  authorizer_.Decide(
      {.path = kList,
       .authorization = values,
       .trace = {.traceparent = "00-a-b-01", .request_id = "r1"}},
      [](const Ruling&) {});
  // Whoever waits behind it asks nothing.
  authorizer_.Decide(
      {.path = kList,
       .authorization = values,
       .trace = {.traceparent = "00-c-d-01", .request_id = "r2"}},
      [](const Ruling&) {});
  const auto asked = verifier_.Take();
  ASSERT_EQ(asked.size(), 1u);
  EXPECT_EQ(asked[0].traceparent, "00-a-b-01");
  EXPECT_EQ(asked[0].request_id, "r1");
  asked[0].done(Yes("alice"));
}

TEST_F(GatekeeperTest, AnswersFromMemoryAsLongAsItMay) {
  Call(kList, "alice");
  AnswerYes();
  EXPECT_EQ(Call(kList, "alice")->Code(), StatusCode::kOk);
  EXPECT_EQ(verifier_.count(), 1u);
  clock_.Advance(absl::Seconds(30));
  EXPECT_FALSE(Call(kList, "alice")->ruling);
  EXPECT_EQ(verifier_.count(), 2u);
}

TEST_F(GatekeeperTest, AsksOnceForAllWhoWaitForTheSameToken) {
  std::vector<std::shared_ptr<Told>> calls;
  for (int i = 0; i < 50; ++i) calls.push_back(Call(kList, "alice"));
  EXPECT_EQ(verifier_.count(), 1u);
  AnswerYes();
  for (const auto& call : calls) EXPECT_EQ(call->Code(), StatusCode::kOk);
}

TEST_F(GatekeeperTest, AsksPerAudience) {
  const auto list = Call(kList, "alice");
  const auto bill = Call(kBill, "alice");
  const auto asked = verifier_.Take();
  ASSERT_EQ(asked.size(), 2u);
  EXPECT_THAT(asked[0].audiences, ElementsAre("orders"));
  EXPECT_THAT(asked[1].audiences, ElementsAre("billing"));
  asked[0].done(Yes("alice"));
  asked[1].done(Denial{.reason = Reason::kAudienceMismatch, .message = "no"});
  EXPECT_EQ(list->Code(), StatusCode::kOk);
  EXPECT_EQ(bill->Message(), "invalid_token: AUDIENCE_MISMATCH: no");
}

TEST_F(GatekeeperTest, JudgesScopesOnEachCall) {
  const auto list = Call(kList, "alice");
  const auto remove = Call(kDelete, "alice");
  const auto either = Call(kEither, "alice");
  EXPECT_EQ(verifier_.count(), 1u);
  AnswerYes();  // with the scope orders.read
  EXPECT_EQ(list->Code(), StatusCode::kOk);
  EXPECT_EQ(remove->Code(), StatusCode::kPermissionDenied);
  EXPECT_EQ(remove->Message(),
            "insufficient_scope: SCOPE_INSUFFICIENT: needs orders.read "
            "orders.write");
  EXPECT_EQ(either->Code(), StatusCode::kOk);
  EXPECT_EQ(Call(kDelete, "alice")->Code(), StatusCode::kPermissionDenied);
  EXPECT_EQ(verifier_.count(), 1u);
}

TEST_F(GatekeeperTest, JudgesClaimsOnEachCallAndBeforeScopes) {
  struct Case {
    const char* token;
    const char* claims;
    const char* scope;
    const char* message;
  };
  constexpr const char* kWrongTenant =
      "CLAIM_REJECTED: claim tenant is absent or not what this method wants";
  constexpr const char* kNoRole =
      "CLAIM_REJECTED: claim access.roles is absent or not what this method "
      "wants";
  for (const Case& who : {
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
    const auto call = Call(kRefund, who.token);
    verifier_.Answer([&](const auto&) {
      auto fields = testing::FieldsOf(who.token, clock_.Now() + absl::Hours(1));
      fields.claims_json = who.claims;
      fields.scopes = {who.scope};
      return internal::TokenMint::Make(std::move(fields));
    });
    const auto from_memory = Call(kRefund, who.token);
    for (const auto& told : {call, from_memory}) {
      EXPECT_EQ(told->Message(), who.message) << who.token;
      EXPECT_EQ(told->Code(), *who.message == '\0'
                                  ? StatusCode::kOk
                                  : StatusCode::kPermissionDenied);
    }
    // The claims are wanted by this method alone.
    EXPECT_EQ(Call(kList, who.token)->Code(), StatusCode::kOk) << who.token;
  }
  EXPECT_EQ(verifier_.count(), 6u) << "what was judged from memory";
}

TEST_F(GatekeeperTest, JudgesCallsThatWaitByThePolicyByWhichTheyBegan) {
  const auto list = Call(kList, "alice");
  const auto remove = Call(kDelete, "alice");
  MethodPolicy next;
  next.Method(kDelete, {.audiences = {"orders"}});
  authorizer_.Use(std::move(next));
  EXPECT_THAT(Call(kList, "alice")->Message(),
              StartsWith("METHOD_NOT_IN_POLICY: "));
  EXPECT_FALSE(Call(kDelete, "alice")->ruling);
  AnswerYes();
  EXPECT_EQ(list->Code(), StatusCode::kOk);
  EXPECT_THAT(remove->Message(), StartsWith("insufficient_scope: "));
  EXPECT_EQ(Call(kDelete, "alice")->Code(), StatusCode::kOk);
  EXPECT_EQ(verifier_.count(), 1u) << "verdicts outlive policies";
}

TEST_F(GatekeeperTest, RefusesWhatThePolicyDoesNotMention) {
  const auto call = Call("/shop.Carts/List", "alice");
  EXPECT_EQ(call->Code(), StatusCode::kPermissionDenied);
  EXPECT_THAT(call->Message(), StartsWith("METHOD_NOT_IN_POLICY: "));
  EXPECT_EQ(verifier_.count(), 0u);
}

TEST_F(GatekeeperTest, LooksAtNoTokenOnAPublicMethod) {
  EXPECT_EQ(Call(kPing, "whatever")->Code(), StatusCode::kOk);
  EXPECT_EQ(verifier_.count(), 0u);
  Call(kList, "alice");
  AnswerYes();
  EXPECT_TRUE(Admitted(kPing, "alice").open);
  EXPECT_EQ(Admitted(kPing, "alice").caller, nullptr);
}

TEST_F(GatekeeperTest, RefusesWhatIsNoTokenWithoutAsking) {
  Told told;
  authorizer_.Decide({kList, {}}, [&](const Ruling& r) { told.ruling = r; });
  EXPECT_EQ(told.Code(), StatusCode::kUnauthenticated);
  EXPECT_THAT(told.Message(), StartsWith("TOKEN_MISSING: "));
  EXPECT_THAT(Call(kList, std::string(20'000, 'x'))->Message(),
              StartsWith("invalid_token: TOKEN_TOO_LARGE: "));
  EXPECT_EQ(verifier_.count(), 0u);
}

TEST_F(GatekeeperTest, RepeatsANoForFiveSecondsOnly) {
  const auto deny = [](const auto&) {
    return Denial{.reason = Reason::kTokenExpired, .message = "expired"};
  };
  Call(kList, "old");
  verifier_.Answer(deny);
  const auto call = Call(kList, "old");
  EXPECT_EQ(call->Code(), StatusCode::kUnauthenticated);
  EXPECT_EQ(call->Message(), "invalid_token: TOKEN_EXPIRED: expired");
  clock_.Advance(absl::Seconds(5));
  EXPECT_FALSE(Call(kList, "old")->ruling);
}

TEST_F(GatekeeperTest, NeverKeepsAnUndecided) {
  const auto call = Call(kList, "alice");
  verifier_.Answer([](const auto&) {
    return Undecided{.cause = Undecided::Cause::kUnreachable};
  });
  EXPECT_EQ(call->Code(), StatusCode::kUnavailable);
  const auto again = Call(kList, "alice");
  AnswerYes();
  EXPECT_EQ(again->Code(), StatusCode::kOk);
}

TEST_F(GatekeeperTest, AdmitsAVerdictThatMayNotBeKeptEachTimeAnew) {
  for (int i = 1; i <= 3; ++i) {
    const auto call = Call(kList, "alice");
    verifier_.Answer(
        [&](const auto&) { return Yes("alice", absl::ZeroDuration()); });
    EXPECT_EQ(call->Code(), StatusCode::kOk);
    EXPECT_NE(Admitted(kList, "alice").caller, nullptr)
        << "the call on its way still needs its caller";
    EXPECT_EQ(verifier_.count(), static_cast<size_t>(i));
  }
}

TEST_F(GatekeeperTest, ParksAsManyAsItMay) {
  std::vector<std::shared_ptr<Told>> calls;
  for (int i = 0; i < 100; ++i) {
    calls.push_back(Call(kList, base::StrCat("token-", i / 2)));
  }
  for (const char* token : {"token-0", "another"}) {
    const auto over = Call(kList, token);
    EXPECT_EQ(over->Code(), StatusCode::kUnavailable);
    EXPECT_THAT(over->Message(), StartsWith("OVERLOADED: "));
  }
  AnswerYes();
  for (const auto& call : calls) EXPECT_EQ(call->Code(), StatusCode::kOk);
  EXPECT_FALSE(Call(kList, "another")->ruling) << "there is room again";
}

TEST_F(GatekeeperTest, KnowsNobodyWhoDidNotPass) {
  EXPECT_EQ(Admitted(kList, "alice").caller, nullptr);
  Call(kDelete, "alice");
  AnswerYes();
  EXPECT_EQ(Admitted(kDelete, "alice").caller, nullptr)
      << "verified, but refused for its scopes";
  EXPECT_FALSE(Admitted("/shop.Carts/List", "alice").open);
}

TEST_F(GatekeeperTest, ForgetsACallThatNeverArrives) {
  Call(kList, "alice");
  AnswerYes();
  clock_.Advance(absl::Minutes(10));
  EXPECT_EQ(Admitted(kList, "alice").caller, nullptr);
}

TEST_F(GatekeeperTest, AnswersOnlyFromMemoryOnceStopped) {
  Call(kList, "alice");
  AnswerYes();
  const auto waiting = Call(kList, "bob");
  authorizer_.Stop();
  EXPECT_EQ(Call(kList, "alice")->Code(), StatusCode::kOk);
  EXPECT_EQ(Call(kList, "carol")->Code(), StatusCode::kUnavailable);
  AnswerYes();
  EXPECT_EQ(waiting->Code(), StatusCode::kOk);
}

TEST_F(GatekeeperTest, TellsItsObserverOfEachCall) {
  Call(kPing, "x");
  Call("/shop.Carts/List", "x");
  Call(kList, "two tokens");
  Call(kList, "alice");
  clock_.Advance(absl::Seconds(3));
  AnswerYes();
  Call(kList, "alice");
  Call(kDelete, "alice");
  Call(kList, "bob");
  verifier_.Answer([](const auto&) {
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

// Refusals that are left to a wrapper: who comes in behind the gate.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "client/guard/decide/authorizer.h"
#include "client/guard/decide/wrapped_methods.h"
#include "lib/base/strings.h"
#include "tests/client/guard/decide/scripted_verifier.h"
#include "tests/support/fake_clock.h"

namespace usher::guard {
namespace {

using absl::StatusCode;
using testing::FakeClock;
using testing::ScriptedVerifier;
using ::testing::StartsWith;

constexpr std::string_view kList = "/shop.Orders/List";
constexpr std::string_view kDelete = "/shop.Orders/Delete";
constexpr std::string_view kPing = "/shop.Orders/Ping";
constexpr std::string_view kUnsaid = "/shop.Stock/Count";
constexpr std::string_view kBare = "/shop.Orders/Bare";  // has no wrapper

MethodPolicy Policy() {
  MethodPolicy policy;
  policy.Service("shop.Orders", {})
      .Method(kDelete, {.scopes = {"orders.write"}})
      .Method(kPing, Public());
  const std::string audiences[] = {"orders"};
  return policy.WithAudiences(audiences);
}

class Pending : public ::testing::Test {
 protected:
  explicit Pending(Authorizer::Limits limits = {.max_parked = 100})
      : authorizer_(Policy(), limits, clock_, verifier_) {}

  // What the gate heard; "(parked)" where it still waits.
  std::shared_ptr<std::optional<Ruling>> Gate(std::string_view path,
                                              std::string_view token) {
    auto told = std::make_shared<std::optional<Ruling>>();
    With(path, token, [&](const CallFacts& call) {
      authorizer_.Decide(call,
                         [told](const Ruling& ruling) { *told = ruling; });
    });
    return told;
  }
  // What the interceptor finds.
  std::string Behind(std::string_view path, std::string_view token) {
    std::string found;
    With(path, token, [&](const CallFacts& call) {
      const Authorizer::Admitted admitted = authorizer_.FindAdmitted(call);
      if (admitted.open) {
        found = "open";
      } else if (admitted.caller != nullptr) {
        found = *admitted.caller->subject();
      } else {
        found = admitted.refusal ? admitted.refusal->message : "(nothing)";
      }
    });
    return found;
  }
  void With(std::string_view path, std::string_view token,
            const std::function<void(const CallFacts&)>& use) {
    const std::string value = base::StrCat("Bearer ", token);
    const std::string_view values[] = {value};
    use({path, token.empty() ? std::span<const std::string_view>() : values,
         wrapped_.Find(path)});
  }
  void AnswerYes() {
    verifier_.Answer([&](const auto& asked) -> VerifyResult {
      return internal::TokenMint::Make(
          testing::FieldsOf(asked.token, clock_.Now() + absl::Hours(1)));
    });
  }
  void AnswerNo() {
    verifier_.Answer([](const auto&) -> VerifyResult {
      return Denial{.reason = Reason::kTokenRevoked, .message = "revoked"};
    });
  }

  FakeClock clock_;
  ScriptedVerifier verifier_;
  const WrappedMethods wrapped_{{std::string(kList), std::string(kDelete),
                                 std::string(kPing), std::string(kUnsaid)}};
  Authorizer authorizer_;
};

TEST_F(Pending, RefusalsPassTheGateOfWrappedMethodsAndNoOther) {
  const auto wrapped = Gate(kList, "eve");
  const auto bare = Gate(kBare, "eve");
  AnswerNo();
  ASSERT_TRUE(*wrapped && *bare);
  EXPECT_TRUE((*wrapped)->pending);
  EXPECT_EQ((*wrapped)->code, StatusCode::kUnauthenticated);
  EXPECT_FALSE((*bare)->pending);
  EXPECT_EQ(Behind(kList, "eve"), "invalid_token: TOKEN_REVOKED: revoked");
  EXPECT_EQ(Behind(kBare, "eve"), "(nothing)");
}

TEST_F(Pending, AnAdmissionByAnEarlierPolicyLetsNobodyInByTheNextOne) {
  const auto earlier = Gate(kList, "alice");
  MethodPolicy next;
  next.Method(kList, {.scopes = {"orders.write"}, .audiences = {"warehouse"}});
  authorizer_.Use(std::move(next));
  const auto later = Gate(kList, "alice");
  // The later call is judged first, the earlier one while it is on its way.
  const auto asked = verifier_.Take();
  ASSERT_EQ(asked.size(), 2u);
  for (const auto& one : {asked[1], asked[0]}) {
    one.done(internal::TokenMint::Make(
        testing::FieldsOf(one.token, clock_.Now() + absl::Hours(1))));
  }
  EXPECT_TRUE((*earlier)->admits() && !(*earlier)->pending);
  EXPECT_TRUE((*later)->pending);
  EXPECT_EQ(Behind(kList, "alice"),
            "insufficient_scope: SCOPE_INSUFFICIENT: needs orders.write");
}

TEST_F(Pending, AnAdmissionForOtherAudiencesLetsNobodyInByTheNextPolicy) {
  const auto earlier = Gate(kList, "alice");
  MethodPolicy next;
  next.Method(kList, {.audiences = {"warehouse"}});
  authorizer_.Use(std::move(next));
  const auto later = Gate(kList, "alice");
  // The token is for orders. The later call is refused, and then the earlier
  // one admitted: both are on their way.
  const auto asked = verifier_.Take();
  ASSERT_EQ(asked.size(), 2u);
  ASSERT_EQ(asked[1].audiences, std::vector<std::string>{"warehouse"});
  asked[1].done(Denial{.reason = Reason::kAudienceMismatch, .message = "no"});
  asked[0].done(internal::TokenMint::Make(
      testing::FieldsOf("alice", clock_.Now() + absl::Hours(1))));
  EXPECT_TRUE((*earlier)->admits() && !(*earlier)->pending);
  EXPECT_TRUE((*later)->pending);
  EXPECT_EQ(Behind(kList, "alice"), "invalid_token: AUDIENCE_MISMATCH: no");
}

TEST_F(Pending, WhoIsOnHisWayWhenThePolicyWantsOtherAudiencesMayTryAgain) {
  Gate(kList, "alice");
  AnswerYes();
  MethodPolicy next;
  next.Method(kList, {.audiences = {"warehouse"}});
  authorizer_.Use(std::move(next));
  EXPECT_THAT(Behind(kList, "alice"), StartsWith("UNDECIDED: "));
  authorizer_.Use(Policy());
  EXPECT_EQ(Behind(kList, "alice"), "alice") << "nobody has refused him";
}

TEST_F(Pending, AnAdmissionElsewhereIsWorthNothingBehindAWrapper) {
  Gate(kBare, "alice");
  AnswerYes();
  EXPECT_EQ(Behind(kBare, "alice"), "alice");
  EXPECT_TRUE((*Gate(kDelete, "alice"))->pending);
  EXPECT_EQ(Behind(kDelete, "alice"),
            "insufficient_scope: SCOPE_INSUFFICIENT: needs orders.write");
  EXPECT_THAT(Behind(kList, "alice"), StartsWith("UNDECIDED: "))
      << "no gate has judged that call";
  EXPECT_TRUE((*Gate(kList, "alice"))->admits());
  EXPECT_EQ(Behind(kList, "alice"), "alice");
  EXPECT_THAT(Behind(kDelete, "alice"), StartsWith("insufficient_scope"));
}

TEST_F(Pending, ALaterRefusalTakesAnAdmissionAway) {
  Gate(kList, "alice");
  AnswerYes();
  EXPECT_EQ(Behind(kList, "alice"), "alice");
  clock_.Advance(absl::Minutes(1));
  Gate(kList, "alice");
  AnswerNo();
  EXPECT_THAT(Behind(kList, "alice"), StartsWith("invalid_token"));
}

TEST_F(Pending, UndecidedTakesAnAdmissionAwayToo) {
  Gate(kList, "alice");
  AnswerYes();
  clock_.Advance(absl::Minutes(1));
  authorizer_.Stop();
  const auto call = Gate(kList, "alice");
  EXPECT_EQ((*call)->code, StatusCode::kUnavailable);
  EXPECT_TRUE((*call)->pending);
  EXPECT_EQ(Behind(kList, "alice"), "UNDECIDED: the token cannot be verified");
}

TEST_F(Pending, ARefusalThatNobodyRemembersIsStillARefusal) {
  Gate(kList, "alice");
  AnswerYes();
  Gate(kDelete, "alice");
  clock_.Advance(absl::Hours(1));
  EXPECT_THAT(Behind(kDelete, "alice"), StartsWith("UNDECIDED: "));
  EXPECT_THAT(Behind(kList, "alice"), StartsWith("UNDECIDED: "));
}

TEST_F(Pending, WhatIsPlainFromThePolicyOrTheMetadataIsSeenAgain) {
  EXPECT_TRUE((*Gate(kList, ""))->pending);
  EXPECT_THAT(Behind(kList, ""), StartsWith("TOKEN_MISSING: "));
  EXPECT_TRUE((*Gate(kUnsaid, "alice"))->pending);
  EXPECT_THAT(Behind(kUnsaid, "alice"), StartsWith("METHOD_NOT_IN_POLICY: "));
  EXPECT_FALSE((*Gate(kPing, "eve"))->pending);
  EXPECT_EQ(Behind(kPing, "eve"), "open");
}

TEST_F(Pending, SaysWhichScopesLackAndWhenToTryAgain) {
  Gate(kList, "alice");
  AnswerYes();
  const auto scopes = Gate(kDelete, "alice");
  EXPECT_THAT((*scopes)->scopes, ::testing::ElementsAre("orders.write"));
  EXPECT_FALSE((*scopes)->retry_after);
  const auto undecided = Gate(kList, "bob");
  verifier_.Answer([](const auto&) -> VerifyResult {
    return Undecided{.cause = Undecided::Cause::kDependency,
                     .reason = Reason::kKeysUnavailable,
                     .retry_after = absl::Seconds(7)};
  });
  EXPECT_EQ((*undecided)->retry_after, absl::Seconds(7));
}

class SmallMemory : public Pending {
 protected:
  static Authorizer::Limits Limits() {
    Authorizer::Limits limits;
    limits.verdicts.denied = {64, 1 << 20};  // one for each shard
    return limits;
  }
  SmallMemory() : Pending(Limits()) {}
};

TEST_F(SmallMemory, AFloodOfRefusalsLetsNobodyInAndPushesNoCallerOut) {
  Gate(kList, "alice");
  AnswerYes();
  Gate(kList, "eve");
  AnswerNo();
  for (int i = 0; i < 2'000; ++i) {
    Gate(kList, base::StrCat("forged", i));
    AnswerNo();
  }
  EXPECT_THAT(Behind(kList, "eve"), StartsWith("UNDECIDED: "));
  EXPECT_EQ(Behind(kList, "alice"), "alice");
}

// Each thread's token may list and may not delete. Whoever judges beside it,
// it finds behind the gate what the gate said of that method.
TEST_F(Pending, HoldsWithManyThreads) {
  constexpr int kThreads = 4;
  for (int i = 0; i < kThreads; ++i) {
    Gate(kList, base::StrCat("caller", i % 2));
    AnswerYes();
  }
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, name = base::StrCat("caller", i % 2)] {
      for (int round = 0; round < 2'000; ++round) {
        ASSERT_TRUE((*Gate(kList, name))->admits());
        ASSERT_EQ(Behind(kList, name), name);
        ASSERT_TRUE((*Gate(kDelete, name))->pending);
        ASSERT_THAT(Behind(kDelete, name), StartsWith("insufficient_scope"));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace usher::guard

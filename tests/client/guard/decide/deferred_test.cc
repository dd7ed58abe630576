// Refusals that the gate defers to a wrapper.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "client/guard/decide/authorizer.h"
#include "client/guard/decide/wrapped_methods.h"
#include "lib/base/text/strings.h"
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
constexpr std::string_view kBrowse = "/shop.Orders/Browse";
constexpr std::string_view kNoRule = "/shop.Stock/Count";
constexpr std::string_view kBare = "/shop.Orders/Bare";  // has no wrapper

MethodPolicy Policy() {
  MethodPolicy policy;
  policy.Service("shop.Orders", {})
      .Method(kDelete, {.scopes = {"orders.write"}})
      .Method(kPing, Public())
      .Method(kBrowse, {.optional = true});
  const std::string audiences[] = {"orders"};
  return policy.WithAudiences(audiences);
}

class Deferred : public ::testing::Test {
 protected:
  explicit Deferred(Authorizer::Limits limits = {})
      : authorizer_(Policy(), limits, clock_, verifier_) {}

  // The decision of the gate; empty while the call waits.
  std::shared_ptr<std::optional<Decision>> Gate(std::string_view path,
                                                std::string_view token) {
    auto decision = std::make_shared<std::optional<Decision>>();
    With(path, token, [&](const CallInfo& call) {
      authorizer_.Decide(
          call, [decision](const Decision& made) { *decision = made; });
    });
    return decision;
  }
  // What the interceptor finds.
  std::string Behind(std::string_view path, std::string_view token) {
    std::string found;
    With(path, token, [&](const CallInfo& call) {
      const Authorizer::Identity identity = authorizer_.FindIdentity(call);
      if (identity.anonymous) {
        found = "(anonymous)";
      } else if (identity.caller != nullptr) {
        found = *identity.caller->subject();
      } else {
        found = identity.refusal ? identity.refusal->message : "(nothing)";
      }
    });
    return found;
  }
  void With(std::string_view path, std::string_view token,
            const std::function<void(const CallInfo&)>& use) {
    const std::string value = base::StrCat("Bearer ", token);
    const std::string_view values[] = {value};
    use({path, token.empty() ? std::span<const std::string_view>() : values,
         wrapped_.Find(path)});
  }
  void VerifyAll() {
    verifier_.Complete([&](const auto& asked) -> VerifyResult {
      return internal::TokenMint::Make(
          testing::FieldsOf(asked.token, clock_.Now() + absl::Hours(1)));
    });
  }
  void DenyAll() {
    verifier_.Complete([](const auto&) -> VerifyResult {
      return Denial{.reason = Reason::kTokenRevoked, .message = "revoked"};
    });
  }

  FakeClock clock_;
  ScriptedVerifier verifier_;
  const WrappedMethods wrapped_{{std::string(kList), std::string(kDelete),
                                 std::string(kPing), std::string(kBrowse),
                                 std::string(kNoRule)}};
  Authorizer authorizer_;
};

TEST_F(Deferred, RefusalsOfVerifiedTokensPassTheGateForWrappedMethodsOnly) {
  MethodPolicy policy = Policy();
  policy.Method(kBare, {.scopes = {"orders.write"}, .audiences = {"orders"}});
  authorizer_.SetPolicy(std::move(policy));
  const auto wrapped = Gate(kDelete, "alice");
  const auto bare = Gate(kBare, "alice");
  VerifyAll();
  ASSERT_TRUE(*wrapped && *bare);
  EXPECT_TRUE((*wrapped)->deferred);
  EXPECT_EQ((*wrapped)->code, StatusCode::kPermissionDenied);
  EXPECT_FALSE((*bare)->deferred);
  EXPECT_EQ((*bare)->code, StatusCode::kPermissionDenied);
  EXPECT_EQ(Behind(kDelete, "alice"),
            "insufficient_scope: SCOPE_INSUFFICIENT: needs orders.write");
  EXPECT_EQ(Behind(kBare, "alice"), "(nothing)");
}

TEST_F(Deferred, ACallWithoutAVerifiedTokenEndsAtTheGate) {
  const auto denied = Gate(kList, "eve");
  DenyAll();
  const auto undecided = Gate(kList, "bob");
  verifier_.Complete([](const auto&) -> VerifyResult {
    return Undecided{.cause = Undecided::Cause::kUnreachable};
  });
  for (const auto& call : {denied, undecided, Gate(kList, "eve"),
                           Gate(kList, ""), Gate(kNoRule, "alice")}) {
    ASSERT_TRUE(*call);
    EXPECT_FALSE((*call)->admits() || (*call)->deferred) << (*call)->message;
  }
}

TEST_F(Deferred, EndsAnAdmissionAlsoIfTheRuleIsGone) {
  const auto call = Gate(kList, "alice");
  VerifyAll();
  ASSERT_TRUE((*call)->admits());
  authorizer_.SetPolicy({});
  EXPECT_THAT(Behind(kList, "alice"), StartsWith("METHOD_NOT_IN_POLICY: "));
  EXPECT_EQ(authorizer_.admitted_calls(), 0u);
}

TEST_F(Deferred, AnAdmissionByTheOldPolicyDoesNotAdmitUnderTheNewOne) {
  const auto earlier = Gate(kList, "alice");
  MethodPolicy next;
  next.Method(kList, {.scopes = {"orders.write"}, .audiences = {"warehouse"}});
  authorizer_.SetPolicy(std::move(next));
  const auto later = Gate(kList, "alice");
  // The later call is decided first, while the earlier one still waits.
  auto asked = verifier_.Take();
  ASSERT_EQ(asked.size(), 2u);
  for (const size_t i : {1, 0}) {
    asked[i].done(internal::TokenMint::Make(
        testing::FieldsOf(asked[i].token, clock_.Now() + absl::Hours(1))));
  }
  EXPECT_TRUE((*earlier)->admits() && !(*earlier)->deferred);
  EXPECT_TRUE((*later)->deferred);
  EXPECT_EQ(Behind(kList, "alice"),
            "insufficient_scope: SCOPE_INSUFFICIENT: needs orders.write");
}

TEST_F(Deferred, AnAdmissionForOtherAudiencesDoesNotAdmitUnderTheNewPolicy) {
  const auto earlier = Gate(kList, "alice");
  MethodPolicy next;
  next.Method(kList, {.audiences = {"warehouse"}});
  authorizer_.SetPolicy(std::move(next));
  const auto later = Gate(kList, "alice");
  // The token is for orders. The later call is refused first; then the earlier
  // one is admitted.
  auto asked = verifier_.Take();
  ASSERT_EQ(asked.size(), 2u);
  ASSERT_EQ(asked[1].audiences, std::vector<std::string>{"warehouse"});
  asked[1].done(Denial{.reason = Reason::kAudienceMismatch, .message = "no"});
  asked[0].done(internal::TokenMint::Make(
      testing::FieldsOf("alice", clock_.Now() + absl::Hours(1))));
  EXPECT_TRUE((*earlier)->admits() && !(*earlier)->deferred);
  EXPECT_FALSE((*later)->admits() || (*later)->deferred);
  EXPECT_THAT(Behind(kList, "alice"), StartsWith("UNDECIDED: "));
}

TEST_F(Deferred, ACallThatOtherAudiencesOvertakeIsUndecided) {
  Gate(kList, "alice");
  VerifyAll();
  Gate(kList, "alice");
  MethodPolicy next;
  next.Method(kList, {.audiences = {"warehouse"}});
  authorizer_.SetPolicy(std::move(next));
  EXPECT_THAT(Behind(kList, "alice"), StartsWith("UNDECIDED: "));
  authorizer_.SetPolicy(Policy());
  EXPECT_EQ(Behind(kList, "alice"), "alice") << "no call of alice was refused";
}

TEST_F(Deferred, AnAdmissionToAnotherMethodDoesNotCount) {
  Gate(kBare, "alice");
  VerifyAll();
  EXPECT_EQ(Behind(kBare, "alice"), "alice");
  EXPECT_TRUE((*Gate(kDelete, "alice"))->deferred);
  EXPECT_EQ(Behind(kDelete, "alice"),
            "insufficient_scope: SCOPE_INSUFFICIENT: needs orders.write");
  EXPECT_THAT(Behind(kList, "alice"), StartsWith("UNDECIDED: "))
      << "no gate has decided that call";
  EXPECT_TRUE((*Gate(kList, "alice"))->admits());
  EXPECT_EQ(Behind(kList, "alice"), "alice");
  EXPECT_THAT(Behind(kDelete, "alice"), StartsWith("insufficient_scope"));
}

TEST_F(Deferred, ALaterRefusalCancelsAnAdmission) {
  Gate(kList, "alice");
  VerifyAll();
  EXPECT_EQ(Behind(kList, "alice"), "alice");
  authorizer_.SetPolicy(MethodPolicy().Method(
      kList, {.scopes = {"orders.write"}, .audiences = {"orders"}}));
  EXPECT_TRUE((*Gate(kList, "alice"))->deferred);
  EXPECT_THAT(Behind(kList, "alice"), StartsWith("insufficient_scope"));
}

TEST_F(Deferred, AForgottenRefusalIsStillARefusal) {
  Gate(kList, "alice");
  VerifyAll();
  Gate(kDelete, "alice");
  clock_.Advance(absl::Hours(1));
  EXPECT_THAT(Behind(kDelete, "alice"), StartsWith("UNDECIDED: "));
  EXPECT_THAT(Behind(kList, "alice"), StartsWith("UNDECIDED: "));
}

// A call through an in-process channel, which no gate has decided.
TEST_F(Deferred, FaultsInPolicyAndMetadataAreFoundWithoutAGate) {
  EXPECT_THAT(Behind(kList, ""), StartsWith("TOKEN_MISSING: "));
  EXPECT_THAT(Behind(kNoRule, "alice"), StartsWith("METHOD_NOT_IN_POLICY: "));
  EXPECT_FALSE((*Gate(kPing, "eve"))->deferred);
  EXPECT_EQ(Behind(kPing, "eve"), "(anonymous)");
}

TEST_F(Deferred, AnOptionalTokenIsRefusedOrItsCallerIsFound) {
  EXPECT_TRUE((*Gate(kBrowse, ""))->admits());
  EXPECT_EQ(Behind(kBrowse, ""), "(anonymous)");
  const auto denied = Gate(kBrowse, "eve");
  DenyAll();
  EXPECT_EQ((*denied)->message, "invalid_token: TOKEN_REVOKED: revoked");
  Gate(kBrowse, "alice");
  VerifyAll();
  EXPECT_EQ(Behind(kBrowse, "alice"), "alice");
  EXPECT_EQ(Behind(kBrowse, ""), "(anonymous)")
      << "a caller with a token does not change calls without one";
}

TEST_F(Deferred, ACallWithoutATokenIsRefusedOnceItsTokenIsNotOptional) {
  EXPECT_TRUE((*Gate(kBrowse, ""))->admits());
  authorizer_.SetPolicy(MethodPolicy().Method(kBrowse, {}));
  EXPECT_THAT(Behind(kBrowse, ""), StartsWith("TOKEN_MISSING: "));
}

TEST_F(Deferred, ARefusalKeepsItsScopesAndItsRetryDelay) {
  Gate(kList, "alice");
  VerifyAll();
  const auto scopes = Gate(kDelete, "alice");
  EXPECT_THAT((*scopes)->scopes, ::testing::ElementsAre("orders.write"));
  EXPECT_FALSE((*scopes)->retry_after);
  const auto undecided = Gate(kList, "bob");
  verifier_.Complete([](const auto&) -> VerifyResult {
    return Undecided{.cause = Undecided::Cause::kDependency,
                     .reason = Reason::kKeysUnavailable,
                     .retry_after = absl::Seconds(7)};
  });
  EXPECT_EQ((*undecided)->retry_after, absl::Seconds(7));
}

class SmallMemory : public Deferred {
 protected:
  static Authorizer::Limits Limits() {
    Authorizer::Limits limits;
    limits.verdicts.denied = {64, 1 << 20};  // one entry per shard
    return limits;
  }
  SmallMemory() : Deferred(Limits()) {}
};

TEST_F(SmallMemory, AFloodOfRefusalsAdmitsNoOneAndEvictsNoCaller) {
  Gate(kList, "alice");
  VerifyAll();
  Gate(kDelete, "eve");
  VerifyAll();
  for (int i = 0; i < 2'000; ++i) {
    Gate(kDelete, base::StrCat("poor", i));
    VerifyAll();
  }
  EXPECT_THAT(Behind(kDelete, "eve"), StartsWith("UNDECIDED: "));
  EXPECT_EQ(Behind(kList, "alice"), "alice");
}

// The token of each thread may list and may not delete. The interceptor always
// finds what the gate decided for that method, whatever other threads do.
TEST_F(Deferred, HoldsWithManyThreads) {
  constexpr int kThreads = 4;
  for (int i = 0; i < kThreads; ++i) {
    Gate(kList, base::StrCat("caller", i % 2));
    VerifyAll();
  }
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, name = base::StrCat("caller", i % 2)] {
      for (int round = 0; round < 2'000; ++round) {
        ASSERT_TRUE((*Gate(kList, name))->admits());
        ASSERT_EQ(Behind(kList, name), name);
        ASSERT_TRUE((*Gate(kDelete, name))->deferred);
        ASSERT_THAT(Behind(kDelete, name), StartsWith("insufficient_scope"));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace usher::guard

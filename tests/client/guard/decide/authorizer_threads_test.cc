// Many threads at once, for ThreadSanitizer.
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <thread>

#include "client/guard/decide/authorizer.h"
#include "lib/base/text/strings.h"
#include "tests/client/guard/decide/scripted_verifier.h"
#include "tests/support/fake_clock.h"

namespace usher::guard {
namespace {

using testing::FakeClock;
using testing::ScriptedVerifier;

constexpr int kTokens = 50;
constexpr int kThreads = 4;
constexpr int kCallsEach = 2'000;
constexpr std::string_view kPath = "/shop.Orders/List";

MethodPolicy Policy() {
  MethodPolicy policy;
  policy.Service("shop.Orders", {.audiences = {"orders"}});
  return policy;
}

// Token i is good for even i, denied or undecided otherwise.
VerifyResult AnswerTo(const std::string& token, absl::Time now) {
  const int number = std::stoi(token.substr(6));
  if (number % 2 == 0) {
    auto fields = testing::FieldsOf(token, now + absl::Hours(1));
    // Some may not be cached, so verifications never end.
    if (number % 4 == 0) fields.cache_for = absl::ZeroDuration();
    return internal::TokenMint::Make(std::move(fields));
  }
  if (number % 3 == 0) return Undecided{.cause = Undecided::Cause::kDeadline};
  return Denial{.reason = Reason::kSignatureInvalid, .message = "no"};
}

struct Counts {
  std::atomic<int> decided = 0;
  std::atomic<int> wrong = 0;
};

// One call and, once it is admitted, what the interceptor does.
void MakeCall(Authorizer& authorizer, int number, Counts& counts) {
  const std::string token = base::StrCat("token-", number);
  const std::string value = base::StrCat("Bearer ", token);
  const std::string_view values[] = {value};
  authorizer.Decide({kPath, values}, [&, token,
                                      number](const Decision& decision) {
    ++counts.decided;
    if (decision.admits() != (number % 2 == 0)) ++counts.wrong;
    if (!decision.admits()) return;
    const std::string again = base::StrCat("bearer ", token);
    const std::string_view again_values[] = {again};
    const auto caller = authorizer.FindIdentity({kPath, again_values}).caller;
    if (caller == nullptr || caller->subject() != token) ++counts.wrong;
  });
}

TEST(AuthorizerThreads, DecideEachCallOnceAndCorrectly) {
  FakeClock clock;
  ScriptedVerifier verifier;
  // Room for all calls, and no wait that is too long: the clock runs fast.
  Authorizer authorizer(Policy(),
                        {.questions = {.max_calls = 100'000,
                                       .max_bytes = size_t{1} << 40,
                                       .max_wait = absl::Hours(100)}},
                        clock, verifier);
  Counts counts;
  std::atomic<bool> done = false;
  std::vector<std::thread> answerers;
  for (int i = 0; i < 2; ++i) {
    answerers.emplace_back([&] {
      while (!done) {
        verifier.Complete([&](const auto& asked) {
          return AnswerTo(asked.token, clock.Now());
        });
        clock.Advance(absl::Milliseconds(1));
        std::this_thread::yield();
      }
    });
  }
  std::vector<std::thread> callers;
  for (int thread = 0; thread < kThreads; ++thread) {
    callers.emplace_back([&, thread] {
      for (int i = 0; i < kCallsEach; ++i) {
        MakeCall(authorizer, (i * 7 + thread) % kTokens, counts);
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  while (counts.decided < kThreads * kCallsEach) std::this_thread::yield();
  done = true;
  for (std::thread& answerer : answerers) answerer.join();
  EXPECT_EQ(counts.decided, kThreads * kCallsEach);
  EXPECT_EQ(counts.wrong, 0);
  EXPECT_EQ(authorizer.pending_calls(), 0u);
  EXPECT_EQ(authorizer.admitted_calls(), 0u);
}

// Neither policy admits the caller to the method: each requires something that
// the caller lacks. A mix of the two would admit it.
TEST(AuthorizerThreads, NeverMixTwoPoliciesInOneDecision) {
  const auto policy = [](std::string scope, const char* tenant) {
    MethodPolicy made;
    made.Method(kPath, {.scopes = {std::move(scope)},
                        .audiences = {"orders"},
                        .claims = {Claim("tenant").Is(tenant)}});
    return made;
  };
  FakeClock clock;
  ScriptedVerifier verifier;
  Authorizer authorizer(policy("orders.read", "emca"), {}, clock, verifier);
  std::atomic<int> callers_left = kThreads;
  std::atomic<int> calls = 0, admitted = 0, by_claim = 0, by_scope = 0;
  std::atomic<int> too_many = 0;
  std::vector<std::thread> callers;
  for (int thread = 0; thread < kThreads; ++thread) {
    callers.emplace_back([&, thread] {
      // Until each policy was active for some calls.
      for (int i = 0; i < kCallsEach || by_claim == 0 || by_scope == 0; ++i) {
        ++calls;
        // Every fourth token is new, so some calls wait.
        const std::string value =
            base::StrCat("Bearer ", i % 4 == 0 ? thread * kCallsEach + i : 0);
        const std::string_view values[] = {value};
        authorizer.Decide({kPath, values}, [&](const Decision& decision) {
          if (decision.admits()) ++admitted;
          if (decision.reason == Reason::kClaimRejected) ++by_claim;
          if (decision.reason == Reason::kScopeInsufficient) ++by_scope;
          if (decision.reason == Reason::kOverloaded) ++too_many;
        });
      }
      --callers_left;
    });
  }
  std::thread answerer([&] {
    while (callers_left > 0 || authorizer.pending_calls() > 0) {
      verifier.Complete([&](const auto& asked) {
        auto fields =
            testing::FieldsOf(asked.token, clock.Now() + absl::Hours(1));
        fields.claims_json = R"({"tenant":"acme"})";
        return internal::TokenMint::Make(std::move(fields));
      });
      std::this_thread::yield();
    }
  });
  for (int i = 0; callers_left > 0; ++i) {
    authorizer.SetPolicy(i % 2 == 0 ? policy("orders.write", "acme")
                                    : policy("orders.read", "emca"));
  }
  for (std::thread& caller : callers) caller.join();
  answerer.join();
  EXPECT_EQ(admitted, 0);
  EXPECT_EQ(by_claim + by_scope + too_many, calls);
}

// A guard is destroyed while its server still takes calls.
TEST(AuthorizerThreads, VerifyNothingOnceStopped) {
  for (int round = 0; round < 20; ++round) {
    FakeClock clock;
    auto verifier = std::make_unique<ScriptedVerifier>();
    Authorizer authorizer(Policy(), {}, clock, *verifier);
    std::atomic<int> decided = 0;
    std::vector<std::thread> callers;
    for (int thread = 0; thread < kThreads; ++thread) {
      callers.emplace_back([&, thread] {
        for (int i = 0; i < 50; ++i) {
          const std::string value = base::StrCat("Bearer ", thread, ".", i);
          const std::string_view values[] = {value};
          authorizer.Decide({kPath, values},
                            [&](const Decision&) { ++decided; });
        }
      });
    }
    authorizer.Stop();
    verifier->Complete([](const auto&) {
      return Undecided{.cause = Undecided::Cause::kStopped};
    });
    verifier.reset();  // a later Verify() would use freed memory
    for (std::thread& caller : callers) caller.join();
    EXPECT_EQ(decided, kThreads * 50);
  }
}

}  // namespace
}  // namespace usher::guard

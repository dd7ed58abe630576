// Many threads at once: what ThreadSanitizer watches.
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <thread>

#include "client/guard/decide/authorizer.h"
#include "lib/base/strings.h"
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
    // Some may not be kept, so that questions never cease.
    if (number % 4 == 0) fields.cache_for = absl::ZeroDuration();
    return internal::TokenMint::Make(std::move(fields));
  }
  if (number % 3 == 0) return Undecided{.cause = Undecided::Cause::kDeadline};
  return Denial{.reason = Reason::kSignatureInvalid, .message = "no"};
}

struct Counts {
  std::atomic<int> told = 0;
  std::atomic<int> wrong = 0;
};

// One call; after its admission, the interceptor's part of it.
void MakeCall(Authorizer& authorizer, int number, Counts& counts) {
  const std::string token = base::StrCat("token-", number);
  const std::string value = base::StrCat("Bearer ", token);
  const std::string_view values[] = {value};
  authorizer.Decide({kPath, values}, [&, token, number](const Ruling& ruling) {
    ++counts.told;
    if (ruling.admits() != (number % 2 == 0)) ++counts.wrong;
    if (!ruling.admits()) return;
    const std::string again = base::StrCat("bearer ", token);
    const std::string_view again_values[] = {again};
    const auto caller = authorizer.FindAdmitted({kPath, again_values}).caller;
    if (caller == nullptr || caller->subject() != token) ++counts.wrong;
  });
}

TEST(GatekeeperThreads, TellEachCallOnceAndNobodyWrongly) {
  FakeClock clock;
  ScriptedVerifier verifier;
  Authorizer authorizer(Policy(), {}, clock, verifier);
  Counts counts;
  std::atomic<bool> done = false;
  std::vector<std::thread> answerers;
  for (int i = 0; i < 2; ++i) {
    answerers.emplace_back([&] {
      while (!done) {
        verifier.Answer([&](const auto& asked) {
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
  while (counts.told < kThreads * kCallsEach) std::this_thread::yield();
  done = true;
  for (std::thread& answerer : answerers) answerer.join();
  EXPECT_EQ(counts.told, kThreads * kCallsEach);
  EXPECT_EQ(counts.wrong, 0);
  EXPECT_EQ(authorizer.parked(), 0u);
}

// Two policies, of which neither admits anybody to the method: each wants what
// the caller lacks. Half of the one with half of the other would.
TEST(GatekeeperThreads, JudgeNoCallByHalvesOfTwoPolicies) {
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
      // Until each policy has been in force for some of them.
      for (int i = 0; i < kCallsEach || by_claim == 0 || by_scope == 0; ++i) {
        ++calls;
        // Now and then a token that is new, so that calls wait too.
        const std::string value =
            base::StrCat("Bearer ", i % 4 == 0 ? thread * kCallsEach + i : 0);
        const std::string_view values[] = {value};
        authorizer.Decide({kPath, values}, [&](const Ruling& ruling) {
          if (ruling.admits()) ++admitted;
          if (ruling.reason == Reason::kClaimRejected) ++by_claim;
          if (ruling.reason == Reason::kScopeInsufficient) ++by_scope;
          if (ruling.reason == Reason::kOverloaded) ++too_many;
        });
      }
      --callers_left;
    });
  }
  std::thread answerer([&] {
    while (callers_left > 0 || authorizer.parked() > 0) {
      verifier.Answer([&](const auto& asked) {
        auto fields =
            testing::FieldsOf(asked.token, clock.Now() + absl::Hours(1));
        fields.claims_json = R"({"tenant":"acme"})";
        return internal::TokenMint::Make(std::move(fields));
      });
      std::this_thread::yield();
    }
  });
  for (int i = 0; callers_left > 0; ++i) {
    authorizer.Use(i % 2 == 0 ? policy("orders.write", "acme")
                              : policy("orders.read", "emca"));
  }
  for (std::thread& caller : callers) caller.join();
  answerer.join();
  EXPECT_EQ(admitted, 0);
  EXPECT_EQ(by_claim + by_scope + too_many, calls);
}

// As a guard is destroyed while its server still takes calls.
TEST(GatekeeperThreads, AskNobodyOnceStopped) {
  for (int round = 0; round < 20; ++round) {
    FakeClock clock;
    auto verifier = std::make_unique<ScriptedVerifier>();
    Authorizer authorizer(Policy(), {}, clock, *verifier);
    std::atomic<int> told = 0;
    std::vector<std::thread> callers;
    for (int thread = 0; thread < kThreads; ++thread) {
      callers.emplace_back([&, thread] {
        for (int i = 0; i < 50; ++i) {
          const std::string value = base::StrCat("Bearer ", thread, ".", i);
          const std::string_view values[] = {value};
          authorizer.Decide({kPath, values}, [&](const Ruling&) { ++told; });
        }
      });
    }
    authorizer.Stop();
    verifier->Answer([](const auto&) {
      return Undecided{.cause = Undecided::Cause::kStopped};
    });
    verifier.reset();  // whoever still asked would touch freed memory
    for (std::thread& caller : callers) caller.join();
    EXPECT_EQ(told, kThreads * 50);
  }
}

}  // namespace
}  // namespace usher::guard

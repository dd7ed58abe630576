// Floods of tokens, verdicts that are refreshed meanwhile, and the memory of
// the calls that wait.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "client/guard/decide/authorizer.h"
#include "lib/base/text/strings.h"
#include "tests/client/guard/decide/scripted_verifier.h"
#include "tests/support/fake_clock.h"

namespace usher::guard {
namespace {

using absl::StatusCode;
using ::testing::Each;
using ::testing::ElementsAre;
using testing::FakeClock;
using ::testing::IsEmpty;
using testing::ScriptedVerifier;
using ::testing::StartsWith;

constexpr std::string_view kPath = "/shop.Orders/List";

MethodPolicy Policy() {
  MethodPolicy policy;
  policy.Service("shop.Orders", {.audiences = {"orders"}});
  return policy;
}

// Records the calls without a caller, and the refreshes.
class RecordingObserver final : public GuardObserver {
 public:
  void OnCall(const CallDecision& call) override {
    if (call.outcome == Outcome::kAdmitted) return;
    refused.push_back(call.reason ? std::string(NameOf(*call.reason)) : "");
  }
  void OnRefresh(RefreshResult result) override {
    constexpr const char* kNames[] = {"verified", "denied", "undecided"};
    refreshes.push_back(kNames[static_cast<int>(result)]);
  }
  std::vector<std::string> refused, refreshes;
};

class FloodTest : public ::testing::Test {
 protected:
  using Message = std::shared_ptr<std::optional<std::string>>;

  void Start(const Authorizer::Limits& limits) {
    authorizer_ = std::make_unique<Authorizer>(Policy(), limits, clock_,
                                               verifier_, observer_);
  }
  // The message of the decision: "" admits; none while the call waits.
  Message Call(std::string_view token, int connection = 0) {
    auto message = std::make_shared<std::optional<std::string>>();
    const std::string value = base::StrCat("Bearer ", token);
    const std::string_view values[] = {value};
    authorizer_->Decide(
        {.path = kPath,
         .token_values = values,
         .connection = &connections_[connection]},
        [message](const Decision& decision) { *message = decision.message; });
    return message;
  }
  // What the interceptor does: the subject of the call's caller, or "".
  std::string Arrive(std::string_view token) {
    const std::string value = base::StrCat("Bearer ", token);
    const std::string_view values[] = {value};
    const auto caller = authorizer_->FindIdentity({kPath, values}).caller;
    return caller == nullptr ? "" : caller->subject().value_or("");
  }
  VerifyResult Verified(const std::string& subject,
                        absl::Duration cache_for = absl::Seconds(30)) {
    auto fields = testing::FieldsOf(subject, clock_.Now() + absl::Hours(1));
    fields.cache_for = cache_for;
    return internal::TokenMint::Make(std::move(fields));
  }
  // Answers every question: tokens that begin with "good" are good.
  size_t Answer() {
    return verifier_.Complete([&](const auto& asked) -> VerifyResult {
      if (asked.token.starts_with("good")) return Verified(asked.token);
      return Denial{.reason = Reason::kSignatureInvalid, .message = "no"};
    });
  }
  size_t AnswerUndecided() {
    return verifier_.Complete([](const auto&) {
      return Undecided{.cause = Undecided::Cause::kUnreachable};
    });
  }

  FakeClock clock_;
  ScriptedVerifier verifier_;
  std::shared_ptr<RecordingObserver> observer_ =
      std::make_shared<RecordingObserver>();
  std::unique_ptr<Authorizer> authorizer_;

 private:
  const char connections_[100] = {};
};

TEST_F(FloodTest, OnOneConnectionLeavesRoomForNewCallersOnOthers) {
  Start({});
  // As with tokens of an issuer that is slow: no answer for a while.
  std::vector<Message> flood;
  for (int i = 0; i < 10'000; ++i) {
    flood.push_back(Call(base::StrCat("bad", i), 1));
  }
  EXPECT_EQ(verifier_.count(), 128u);
  EXPECT_EQ(authorizer_->pending_calls(), 256u);
  EXPECT_THAT(flood.back()->value_or("waits"), StartsWith("OVERLOADED: "));
  EXPECT_THAT(observer_->refused, Each("OVERLOADED"));
  auto slow = verifier_.Take();
  for (int connection = 2; connection < 60; ++connection) {
    const auto call = Call(base::StrCat("good", connection), connection);
    EXPECT_EQ(Answer(), 1u) << "asked about at once";
    EXPECT_EQ(*call, "");
  }
  for (auto& question : slow) {
    question.done(Denial{.reason = Reason::kKeyNotFound, .message = "no"});
  }
  while (Answer() > 0) {
  }
  EXPECT_EQ(authorizer_->pending_calls(), 0u);
}

TEST_F(FloodTest, AQuestionThatWaitedHasTheRestOfItsTime) {
  Start({.questions = {.max_asked = 2, .max_wait = absl::Seconds(1)},
         .deadline = absl::Seconds(2)});
  Call("good1");
  Call("good2");
  auto asked = verifier_.Take();
  ASSERT_EQ(asked.size(), 1u);
  EXPECT_EQ(asked[0].deadline, std::nullopt) << "all the verifier allows";
  const absl::Time began = clock_.Now();
  clock_.Advance(absl::Milliseconds(900));
  asked[0].done(Verified("good1"));
  asked = verifier_.Take();
  ASSERT_EQ(asked.size(), 1u);
  EXPECT_EQ(asked[0].token, "good2");
  EXPECT_EQ(asked[0].deadline, began + absl::Seconds(2));
  asked[0].done(Verified("good2"));
}

TEST_F(FloodTest, AQuestionThatWaitsTooLongIsNotAsked) {
  Start({.questions = {.max_asked = 2, .max_wait = absl::Seconds(1)}});
  Call("good1");
  const auto waiting = Call("good2");
  auto asked = verifier_.Take();
  clock_.Advance(absl::Seconds(1));
  asked[0].done(Verified("good1"));
  EXPECT_THAT(waiting->value_or("waits"), StartsWith("OVERLOADED: "));
  EXPECT_EQ(verifier_.count(), 1u);
  EXPECT_THAT(observer_->refused, ElementsAre("OVERLOADED"));
}

// Answers inside Verify().
class InlineVerifier final : public TokenVerifier {
 public:
  void Verify(const VerifyRequest& request, VerifyCallback done) override {
    if (request.token == "first") {
      first = std::move(done);
      return;
    }
    deepest_ = std::max(deepest_, ++depth_);
    done(Denial{.reason = Reason::kSignatureInvalid, .message = "no"});
    --depth_;
  }
  VerifyCallback first;
  int deepest() const { return deepest_; }

 private:
  int depth_ = 0;
  int deepest_ = 0;
};

TEST_F(FloodTest, AnswersThatComeAtOnceDoNotPileUpOnTheStack) {
  InlineVerifier verifier;
  // One question is asked at a time: the rest waits for the first.
  Authorizer authorizer(Policy(), {.questions = {.max_asked = 1}}, clock_,
                        verifier);
  int decided = 0;
  const auto call = [&](std::string_view token, const char* connection) {
    const std::string value = base::StrCat("Bearer ", token);
    const std::string_view values[] = {value};
    authorizer.Decide(
        {.path = kPath, .token_values = values, .connection = connection},
        [&](const Decision&) { ++decided; });
  };
  static const char connections[2'000] = {};
  call("first", connections);
  for (int i = 1; i < 2'000; ++i) {
    call(base::StrCat("token", i), connections + i);
  }
  EXPECT_EQ(decided, 0);
  verifier.first(Denial{.reason = Reason::kSignatureInvalid, .message = "no"});
  EXPECT_EQ(decided, 2'000);
  EXPECT_EQ(verifier.deepest(), 1);
}

TEST_F(FloodTest, KnownCallersAreNotDisturbedWhenTheirVerdictsEnd) {
  Start({});
  Call("good");
  Answer();
  for (int second = 0; second < 300; ++second) {
    clock_.Advance(absl::Seconds(1));
    for (int i = 0; i < 400; ++i) {
      Call(base::StrCat("bad", second, "-", i), 1 + i % 3);
    }
    ASSERT_EQ(*Call("good", 50), "")
        << "decided from memory, second " << second;
    // Only some answers come before the next second.
    if (second % 2 == 0) Answer();
  }
  EXPECT_GE(observer_->refreshes.size(), 9u);
  EXPECT_LE(observer_->refreshes.size(), 16u) << "one per life of a verdict";
  EXPECT_THAT(observer_->refreshes, Each("verified"));
}

// A verifier may keep what it will never answer.
TEST_F(FloodTest, AQuestionMayOutliveTheGuard) {
  Start({});
  Call("good");
  Answer();
  clock_.Advance(absl::Seconds(29));
  Call("good");
  auto kept = verifier_.Take();
  ASSERT_EQ(kept.size(), 1u) << "a refresh";
  authorizer_.reset();
  kept.clear();
}

TEST_F(FloodTest, AVerdictThatIsNotUsedIsNotRefreshed) {
  Start({});
  Call("good");
  Answer();
  clock_.Advance(absl::Seconds(10));
  Call("good");
  clock_.Advance(absl::Seconds(19));
  EXPECT_EQ(verifier_.count(), 1u);
}

TEST_F(FloodTest, AnUndecidedRefreshNeverExtendsAVerdict) {
  Start({});
  Call("good");
  Answer();
  clock_.Advance(absl::Seconds(29));
  EXPECT_EQ(*Call("good"), "");
  EXPECT_EQ(verifier_.count(), 2u);
  EXPECT_EQ(AnswerUndecided(), 1u);
  EXPECT_EQ(*Call("good"), "") << "the verdict still holds";
  EXPECT_EQ(verifier_.count(), 2u) << "no second refresh at once";
  clock_.Advance(absl::Seconds(1));
  EXPECT_EQ(*Call("good"), std::nullopt) << "it has ended";
  EXPECT_EQ(verifier_.count(), 3u);
  EXPECT_THAT(observer_->refreshes, ElementsAre("undecided"));
}

TEST_F(FloodTest, ADeniedRefreshReplacesTheVerdictAtOnce) {
  Start({});
  Call("good");
  Answer();
  clock_.Advance(absl::Seconds(29));
  Call("good");
  verifier_.Complete([](const auto&) {
    return Denial{.reason = Reason::kTokenRevoked, .message = "revoked"};
  });
  EXPECT_EQ(*Call("good"), "invalid_token: TOKEN_REVOKED: revoked");
  EXPECT_THAT(observer_->refreshes, ElementsAre("denied"));
}

TEST_F(FloodTest, NothingIsRefreshedThatMayNotBeCached) {
  Start({});
  Call("good");
  Answer();
  clock_.Advance(absl::Seconds(29));
  Call("good");
  verifier_.Complete(
      [&](const auto&) { return Verified("good", absl::ZeroDuration()); });
  EXPECT_EQ(*Call("good"), std::nullopt) << "from now on each call is verified";
  EXPECT_EQ(verifier_.count(), 3u);
}

TEST_F(FloodTest, RefusesOnlyWhatEveryVerifierRefuses) {
  Start({});
  EXPECT_EQ(*Call("opaque"), std::nullopt) << "a verifier may know it";
  EXPECT_EQ(verifier_.count(), 1u);
  EXPECT_THAT(**Call(std::string(16 * 1024 + 1, 'x')),
              StartsWith("invalid_token: TOKEN_TOO_LARGE: "));
  EXPECT_THAT(**Call("ab\x7f"), StartsWith("invalid_token: TOKEN_MALFORMED: "));
  EXPECT_EQ(verifier_.count(), 1u);
  EXPECT_THAT(observer_->refused,
              ElementsAre("TOKEN_TOO_LARGE", "TOKEN_MALFORMED"));
}

TEST_F(FloodTest, RefusesOpaqueTokensIfThereAreOnlyJwts) {
  Start({.jwt_only = true});
  EXPECT_EQ(**Call("opaque"),
            "invalid_token: TOKEN_MALFORMED: the token does not have three "
            "base64url parts");
  EXPECT_THAT(verifier_.Take(), IsEmpty());
  EXPECT_THAT(observer_->refused, ElementsAre("TOKEN_MALFORMED"));
  EXPECT_EQ(*Call("abcd.efgh.ijkl"), std::nullopt);
  EXPECT_EQ(verifier_.count(), 1u);
}

TEST_F(FloodTest, AdmittedCallsAreNotDisplacedByOtherTokens) {
  Start({.verdicts = {.verified = {64, 1u << 20}},
         .questions = {.max_bytes = 4u << 20}});
  const std::string padding(11'000, 'x');
  const auto token = [&](int i) { return base::StrCat("good", i, padding); };
  int admitted = 0;
  std::string refusal;
  for (int i = 0; i < 2'500 && refusal.empty(); ++i) {
    const auto call = Call(token(i));
    Answer();
    refusal = call->value_or("waits");
    if (refusal.empty()) ++admitted;
  }
  EXPECT_GT(admitted, 200) << "4 MiB hold more";
  EXPECT_THAT(refusal, StartsWith("OVERLOADED: ")) << "no room is left";
  for (int i = 0; i < admitted; ++i) ASSERT_EQ(Arrive(token(i)), token(i)) << i;
  EXPECT_EQ(authorizer_->admitted_calls(), 0u);
  EXPECT_FALSE(Call(token(9'999))->has_value());
  Answer();
  EXPECT_EQ(Arrive(token(9'999)), token(9'999)) << "there is room again";
}

TEST_F(FloodTest, CallsThatNeverArriveGiveTheirRoomBack) {
  Start({.verdicts = {.verified = {64, 1u << 20}},
         .questions = {.max_bytes = 4u << 20}});
  const std::string padding(11'000, 'x');
  for (int i = 0; i < 1'000; ++i) {
    const auto call = Call(base::StrCat("good", i, padding));
    Answer();
    if (!call->value_or("waits").empty()) break;
  }
  ASSERT_THAT(observer_->refused, ElementsAre("OVERLOADED"));
  clock_.Advance(absl::Minutes(10));
  const auto call = Call("good-later" + padding);
  Answer();
  EXPECT_EQ(*call, "");
  EXPECT_EQ(authorizer_->admitted_calls(), 1u);
}

}  // namespace
}  // namespace usher::guard

#include "client/guard/decide/questions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "lib/base/text/strings.h"
#include "tests/client/guard/decide/scripted_verifier.h"

namespace usher::guard {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;
using enum Questions::Joined;

class QuestionsTest : public ::testing::Test {
 protected:
  void Start(const Questions::Limits& limits) {
    questions_ = std::make_unique<Questions>(limits);
  }

  // A call with `token` on the connection of this number. Whether it waits.
  bool Call(int connection, const std::string& token) {
    PendingCall call = {rule_, now_, [](const Decision&) {}, nullptr,
                        Id(connection)};
    Questions::Work work;
    const auto joined = questions_->Join(
        base::TokenKey(token).For(rule_->audiences), {}, call, work);
    Note(std::move(work));
    return joined == kWaits;
  }
  // Calls with this many tokens. How many wait.
  int Flood(int connection, int calls) {
    int waiting = 0;
    for (int i = 0; i < calls; ++i) {
      waiting += Call(connection, base::StrCat(connection, "-", i));
    }
    return waiting;
  }
  void Refresh(const std::string& token) {
    auto known =
        KnownToken::Create(token,
                           Caller(internal::TokenMint::Make(testing::FieldsOf(
                               "alice", now_ + absl::Hours(1)))),
                           now_, 0, budget_);
    Questions::Work work;
    questions_->Refresh(base::TokenKey(token).For(rule_->audiences), {}, rule_,
                        std::move(known), now_, work);
    Note(std::move(work));
  }
  // The verifier answers about `token`. Returns how many calls waited for it.
  size_t Answer(const std::string& token) {
    const auto question = asked_.extract(token).mapped();
    Questions::Work work;
    const size_t calls = questions_->Complete(*question, now_, work).size();
    Note(std::move(work));
    return calls;
  }
  std::vector<std::string> Asked() const {
    std::vector<std::string> tokens;
    for (const auto& [token, question] : asked_) tokens.push_back(token);
    return tokens;
  }
  size_t AskedOf(int connection) const {
    const std::string prefix = base::StrCat(connection, "-");
    size_t count = 0;
    for (const auto& [token, question] : asked_) {
      count += token.starts_with(prefix);
    }
    return count;
  }

  absl::Time now_ = absl::FromUnixSeconds(1'800'000'000);
  size_t expired_calls_ = 0;
  MemoryBudget budget_{1 << 20};
  std::unique_ptr<Questions> questions_;

 private:
  static ConnectionId Id(int connection) {
    static const char places[10'000] = {};
    return places + connection;
  }
  void Note(Questions::Work work) {
    for (auto& question : work.ask) {
      std::string token(question->token);
      ASSERT_TRUE(asked_.emplace(token, std::move(question)).second)
          << token << " was asked about twice";
    }
    for (const auto& expired : work.expired) {
      expired_calls_ += expired.calls.size();
    }
  }

  const std::shared_ptr<const MethodRule> rule_ =
      std::make_shared<const MethodRule>(MethodRule{.audiences = {"orders"}});
  std::map<std::string, std::shared_ptr<Question>> asked_;
};

TEST_F(QuestionsTest, CallsWithOneTokenShareAQuestion) {
  Start({});
  for (int connection = 0; connection < 3; ++connection) {
    EXPECT_TRUE(Call(connection, "alice"));
  }
  EXPECT_THAT(Asked(), ElementsAre("alice"));
  EXPECT_EQ(questions_->calls(), 3u);
  EXPECT_EQ(Answer("alice"), 3u);
  EXPECT_EQ(questions_->calls(), 0u);
  EXPECT_EQ(questions_->bytes(), 0u);
  EXPECT_EQ(questions_->asked(), 0u);
  EXPECT_TRUE(Call(0, "alice"));
  EXPECT_THAT(Asked(), ElementsAre("alice")) << "asked again";
}

TEST_F(QuestionsTest, AConnectionAloneUsesHalfAndOthersStillHaveRoom) {
  Start({.max_asked = 16});
  EXPECT_EQ(Flood(1, 100), 16) << "as many as the bound, waiting ones included";
  EXPECT_EQ(AskedOf(1), 8u);
  Flood(2, 100);
  EXPECT_EQ(AskedOf(2), 4u);
  Flood(3, 100);
  EXPECT_EQ(AskedOf(3), 2u);
  EXPECT_EQ(questions_->asked(), 14u);
  EXPECT_TRUE(Call(4, "good"));
  EXPECT_EQ(questions_->asked(), 15u) << "asked at once";
}

TEST_F(QuestionsTest, NewConnectionsComeBeforeTheQuestionsOfAFlood) {
  Start({.max_asked = 4});
  Flood(1, 4);
  Flood(2, 4);
  Flood(3, 4);
  ASSERT_EQ(questions_->asked(), 4u);
  EXPECT_TRUE(Call(9, "good"));
  EXPECT_THAT(Asked(), UnorderedElementsAre("1-0", "1-1", "2-0", "3-0"));
  Answer("1-0");
  EXPECT_THAT(Asked(), UnorderedElementsAre("1-1", "2-0", "3-0", "good"))
      << "before the flood's older questions";
}

TEST_F(QuestionsTest, ConnectionsWithEquallyManyQuestionsGoRound) {
  Start({.max_asked = 2, .max_wait = absl::Hours(1)});
  ASSERT_TRUE(Call(9, "slow"));
  // No connection has its share of the one place that is left but in turns.
  for (int i = 0; i < 2; ++i) {
    for (int connection = 1; connection <= 3; ++connection) {
      EXPECT_TRUE(Call(connection, base::StrCat(connection, "-", i)));
    }
  }
  std::vector<std::string> order;
  for (int i = 0; i < 6; ++i) {
    for (const std::string& token : Asked()) {
      if (token == "slow") continue;
      order.push_back(token);
      Answer(token);
      break;
    }
  }
  EXPECT_THAT(order, ElementsAre("1-0", "2-0", "3-0", "1-1", "2-1", "3-1"));
}

TEST_F(QuestionsTest, ManyConnectionsLeaveRoomForOneMore) {
  Start({.max_asked = 256, .max_wait = absl::Hours(1)});
  for (int connection = 0; connection < 5'000; ++connection) {
    Call(connection, base::StrCat(connection, "-0"));
  }
  EXPECT_EQ(questions_->asked(), 256u);
  EXPECT_EQ(questions_->calls(), 5'000u);
  EXPECT_TRUE(Call(9'999, "good"));
  // One of each connection before the second of any.
  Flood(0, 10);
  for (int connection = 0; connection < 5'000; ++connection) {
    Answer(base::StrCat(connection, "-0"));
  }
  Answer("good");
  EXPECT_LE(questions_->asked(), 9u);
}

TEST_F(QuestionsTest, RejectsCallsBeyondTheBoundOnCalls) {
  Start({.max_calls = 8});
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(Call(1, "same"));
  EXPECT_FALSE(Call(1, "same")) << "one connection has at most half";
  EXPECT_TRUE(Call(2, "good"));
  EXPECT_EQ(Answer("same"), 4u);
  EXPECT_TRUE(Call(1, "same"));
}

TEST_F(QuestionsTest, RejectsCallsBeyondTheBoundOnBytes) {
  Start({.max_bytes = 1 << 20});
  const std::string padding(10'000, 'x');
  int waiting = 0;
  while (Call(1, base::StrCat(padding, waiting))) ++waiting;
  EXPECT_GT(waiting, 10);
  EXPECT_LT(waiting, 16) << "half of 1 MiB, 40 KB each";
  EXPECT_LE(questions_->bytes(), 1u << 20);
  EXPECT_TRUE(Call(2, "good"));
}

TEST_F(QuestionsTest, WaitForTheirTurnForALimitedTime) {
  Start({.max_asked = 2, .max_wait = absl::Seconds(1)});
  EXPECT_EQ(Flood(1, 3), 2);
  now_ += absl::Milliseconds(999);
  EXPECT_TRUE(Call(2, "2-0"));
  EXPECT_EQ(expired_calls_, 0u);
  now_ += absl::Milliseconds(1);
  EXPECT_EQ(Answer("1-0"), 1u);
  EXPECT_EQ(expired_calls_, 1u) << "1-1, which was never asked";
  EXPECT_THAT(Asked(), ElementsAre("2-0"));
  Answer("2-0");
  EXPECT_EQ(questions_->calls(), 0u);
  EXPECT_EQ(questions_->bytes(), 0u);
}

TEST_F(QuestionsTest, RefreshesComeBeforeUnknownTokensAndTakeAtMostHalf) {
  Start({.max_asked = 4});
  Flood(1, 4);
  Flood(2, 4);
  Flood(3, 1);
  ASSERT_EQ(questions_->asked(), 4u);
  for (int i = 0; i < 4; ++i) Refresh(base::StrCat("known-", i));
  Answer("1-0");
  Answer("1-1");
  Answer("2-0");
  EXPECT_THAT(Asked(), ::testing::IsSupersetOf({"known-0", "known-1"}));
  EXPECT_THAT(Asked(), ::testing::Not(::testing::Contains("known-2")));
  EXPECT_EQ(questions_->asked(), 4u) << "the other half is for calls";
  Answer("known-0");
  EXPECT_THAT(Asked(), ::testing::Contains("known-2"));
}

TEST_F(QuestionsTest, ARefreshIsOneQuestionForItsTokenAndForCallsThatNeedIt) {
  Start({});
  Refresh("alice");
  Refresh("alice");
  EXPECT_TRUE(Call(1, "alice"));
  EXPECT_THAT(Asked(), ElementsAre("alice"));
  EXPECT_EQ(Answer("alice"), 1u);
  EXPECT_THAT(Asked(), IsEmpty());
}

TEST_F(QuestionsTest, AnotherAudienceIsAnotherQuestion) {
  Start({});
  EXPECT_TRUE(Call(1, "alice"));
  const auto other =
      std::make_shared<const MethodRule>(MethodRule{.audiences = {"billing"}});
  PendingCall call = {other, now_, [](const Decision&) {}};
  Questions::Work work;
  EXPECT_EQ(questions_->Join(base::TokenKey("alice").For(other->audiences), {},
                             call, work),
            kWaits);
  ASSERT_EQ(work.ask.size(), 1u);
  EXPECT_EQ(work.ask[0]->token, "alice");
  EXPECT_THAT(work.ask[0]->rule->audiences, ElementsAre("billing"));
}

}  // namespace
}  // namespace usher::guard

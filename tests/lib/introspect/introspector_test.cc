#include "lib/introspect/introspector.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/fake_clock.h"
#include "tests/support/fake_http.h"
#include "tests/support/fake_scheduler.h"
#include "tests/support/scratch_directory.h"

namespace usher::introspect {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kEndpoint[] = "https://login.example.com/introspect";
constexpr char kIssuer[] = "https://login.example.com";

std::string ResultLabel(const Answer& answer) {
  return std::string(kResultLabels[ResultOf(answer)]);
}

class RecordingObserver final : public Observer {
 public:
  void OnAnswer(const std::string& issuer_name, const Answer& answer,
                absl::Duration) override {
    results.push_back(issuer_name + " " + ResultLabel(answer));
  }
  std::vector<std::string> results;
};

class IntrospectorTest : public ::testing::Test {
 protected:
  void SetUp() override { Start({}); }
  void TearDown() override { introspector_->Stop(); }

  void Start(SlotLimits slots) {
    introspector_ = Introspector::Create(
        {.issuer_name = "corp",
         .issuers = {kIssuer},
         .endpoint = kEndpoint,
         .client = {.method = oauth::ClientAuthMethod::kPost,
                    .client_id = "usher",
                    .secret_file = directory_.Write("secret", "s3cret")},
         .slots = slots},
        {.http = http_,
         .scheduler = scheduler_,
         .executor = executor_,
         .clock = clock_,
         .cache = cache_,
         .observer = observer_});
  }

  void AnswerWith(std::string body) {
    http_.Answer(kEndpoint, std::move(body), 200,
                 {{"content-type", "application/json"}});
  }

  // The label of the answer is added to answers_ when it comes.
  void Ask(std::string_view token, std::string_view service = "orders",
           absl::Duration wait = absl::Seconds(2)) {
    introspector_->Ask(
        token, service, clock_.Now() + wait,
        [this, name = std::string(token)](const TimedAnswer& timed) {
          answers_.push_back(name + " " + ResultLabel(timed.answer));
        });
  }

  testing::ScratchDirectory directory_;
  testing::FakeClock clock_;
  testing::FakeScheduler scheduler_{clock_};
  testing::FakeHttp http_;
  base::InlineExecutor executor_;
  AnswerCache cache_{AnswerCache::Limits()};
  RecordingObserver observer_;
  std::shared_ptr<Introspector> introspector_;
  std::vector<std::string> answers_;
};

TEST_F(IntrospectorTest, AsksTheEndpointAsTheConfiguredClient) {
  std::string body;
  absl::Duration timeout;
  http_.On(kEndpoint, [&](const http::Request& request) {
    body = request.body.value_or("");
    timeout = request.timeout;
    return absl::UnavailableError("not this time");
  });
  Ask("opaque/token");
  http_.Deliver();
  EXPECT_EQ(body,
            "token=opaque%2Ftoken&token_type_hint=access_token&"
            "client_id=usher&client_secret=s3cret");
  EXPECT_EQ(timeout, absl::Seconds(1));
}

TEST_F(IntrospectorTest, DeliversTheAnswerAndReportsIt) {
  AnswerWith(R"({"active":true,"sub":"alice"})");
  Ask("t");
  EXPECT_THAT(answers_, IsEmpty());
  http_.Deliver();
  EXPECT_THAT(answers_, ElementsAre("t active"));
  EXPECT_THAT(observer_.results, ElementsAre("corp active"));
  EXPECT_EQ(scheduler_.pending(), 0u);
}

TEST_F(IntrospectorTest, QuestionsAboutOneTokenShareOneRequest) {
  AnswerWith(R"({"active":false})");
  Ask("t");
  Ask("t", "billing");
  Ask("other");
  http_.Deliver();
  EXPECT_EQ(http_.count(kEndpoint), 2);
  EXPECT_THAT(answers_,
              ElementsAre("t inactive", "t inactive", "other inactive"));
}

TEST_F(IntrospectorTest, AnAnswerIsKeptInTheCache) {
  AnswerWith(R"({"active":true})");
  Ask("t");
  http_.Deliver();
  EXPECT_TRUE(introspector_->Find("t", clock_.Now()));
}

TEST_F(IntrospectorTest, ABrokenConnectionIsTriedOnceMoreWithinTheSameSecond) {
  std::vector<absl::Duration> timeouts;
  http_.On(kEndpoint, [&](const http::Request& request) {
    timeouts.push_back(request.timeout);
    clock_.Advance(absl::Milliseconds(300));
    return absl::UnavailableError("connection reset");
  });
  Ask("t");
  http_.Deliver();
  EXPECT_THAT(timeouts, ElementsAre(absl::Seconds(1), absl::Milliseconds(700)));
  EXPECT_THAT(answers_, ElementsAre("t unreachable"));
}

TEST_F(IntrospectorTest, AnAnswerThatDecidesNothingIsNotAskedForAgain) {
  http_.Answer(kEndpoint, "oops", 503);
  Ask("t");
  http_.Deliver();
  EXPECT_EQ(http_.count(kEndpoint), 1);
  EXPECT_THAT(answers_, ElementsAre("t status"));
}

TEST_F(IntrospectorTest, TheDeadlineEndsTheWaitAndTheAnswerIsStillKept) {
  AnswerWith(R"({"active":true})");
  Ask("t", "orders", absl::Milliseconds(200));
  scheduler_.Advance(absl::Milliseconds(200));
  EXPECT_THAT(answers_, ElementsAre("t timeout"));
  http_.Deliver();
  EXPECT_EQ(answers_.size(), 1u);
  EXPECT_TRUE(introspector_->Find("t", clock_.Now()));
}

TEST_F(IntrospectorTest, AQuestionWithoutASlotIsOverloadedAtItsDeadline) {
  Start({.in_flight = 1, .waiting_per_service = 1});
  AnswerWith(R"({"active":true})");
  Ask("first");
  Ask("second", "orders", absl::Milliseconds(500));
  Ask("third");
  EXPECT_THAT(answers_, ElementsAre("third overloaded"));
  scheduler_.Advance(absl::Milliseconds(500));
  EXPECT_THAT(answers_, ElementsAre("third overloaded", "second overloaded"));
  EXPECT_THAT(observer_.results,
              ElementsAre("corp overloaded", "corp overloaded"));
  http_.Deliver();
  EXPECT_EQ(http_.count(kEndpoint), 1);
}

TEST_F(IntrospectorTest, AFreeSlotSendsTheNextQuestion) {
  Start({.in_flight = 1, .waiting_per_service = 8});
  AnswerWith(R"({"active":true})");
  Ask("a1");
  Ask("a2");
  Ask("b1", "billing");
  http_.Deliver();
  EXPECT_THAT(answers_, ElementsAre("a1 active", "b1 active", "a2 active"));
}

TEST_F(IntrospectorTest, UnusableCredentialsSendNothing) {
  directory_.Write("secret", "");
  Ask("t");
  http_.Deliver();
  EXPECT_EQ(http_.count(kEndpoint), 0);
  EXPECT_THAT(answers_, ElementsAre("t credentials_unusable"));
}

TEST_F(IntrospectorTest, StopEndsEveryQuestionAndRefusesNewOnes) {
  Ask("t");
  Ask("t");
  introspector_->Stop();
  EXPECT_THAT(answers_, ElementsAre("t unreachable", "t unreachable"));
  Ask("u");
  EXPECT_EQ(answers_.size(), 3u);
  http_.Deliver();
  EXPECT_EQ(answers_.size(), 3u);
}

}  // namespace
}  // namespace usher::introspect

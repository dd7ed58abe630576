#include "server/stats/introspection_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "server/stats/counters.h"
#include "tests/support/fake_clock.h"

namespace usher::server {
namespace {

using introspect::Answer;
using introspect::EndpointError;
using introspect::EndpointErrorKind;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const Answer kRefused = EndpointError{EndpointErrorKind::kCredentialsRefused,
                                      "status 401: check client_id"};
const Answer kActive = std::make_shared<const token::Claims>();
const Answer kInactive =
    base::Refusal{Reason::kTokenInactive, "it is not active"};
const Answer kInvalid =
    base::Refusal{Reason::kIssuerUnknown, "names another issuer", "iss"};

struct Fixture {
  void Get(const Answer& answer, const std::string& issuer = "corp") {
    introspection_log.OnAnswer(issuer, answer, absl::Milliseconds(50));
  }
  uint64_t count(const Answer& answer) const {
    return counters.introspections.count(
        "corp", static_cast<IntrospectionResult>(introspect::ResultOf(answer)));
  }

  testing::FakeClock clock;
  std::vector<std::string> lines;
  base::Log log{clock, base::LogLevel::kInfo,
                [this](std::string_view line) { lines.emplace_back(line); }};
  Counters counters{{"corp", "other"}};
  IntrospectionLog introspection_log{log, clock, counters};
};

TEST(IntrospectionLog, SaysWhatFailedAndWhatToDo) {
  Fixture fixture;
  fixture.Get(kRefused);
  ASSERT_THAT(fixture.lines, SizeIs(1));
  EXPECT_THAT(fixture.lines[0], HasSubstr(R"("event":"introspection_failed")"));
  EXPECT_THAT(fixture.lines[0], HasSubstr(R"("result":"credentials_refused")"));
  EXPECT_THAT(fixture.lines[0], HasSubstr("check client_id"));
}

TEST(IntrospectionLog, CountsEveryAnswer) {
  Fixture fixture;
  for (const Answer& answer : {kRefused, kActive, kInactive, kInvalid}) {
    fixture.Get(answer);
    fixture.Get(answer);
    EXPECT_EQ(fixture.count(answer), 2u);
  }
}

TEST(IntrospectionLog, WritesNothingAboutUsableAnswers) {
  Fixture fixture;
  fixture.Get(kActive);
  fixture.Get(kInactive);
  EXPECT_THAT(fixture.lines, IsEmpty());
}

TEST(IntrospectionLog, WritesFailuresAtIntervalsHoweverTheyAlternate) {
  Fixture fixture;
  for (int i = 0; i < 100; ++i) {
    fixture.Get(i % 2 ? kRefused : kInvalid);
    fixture.Get(kActive);
  }
  EXPECT_THAT(fixture.lines, SizeIs(1));
  fixture.Get(kRefused, "other");
  EXPECT_THAT(fixture.lines, SizeIs(2));
  fixture.clock.Advance(IntrospectionLog::kInterval);
  fixture.Get(kRefused);
  ASSERT_THAT(fixture.lines, SizeIs(3));
  EXPECT_THAT(fixture.lines[2], HasSubstr(R"("failures":100)"));
}

TEST(IntrospectionLog, SaysThatAnIssuerAnswersAgain) {
  Fixture fixture;
  fixture.Get(kRefused);
  fixture.clock.Advance(IntrospectionLog::kInterval);
  fixture.Get(kActive);
  fixture.Get(kActive);
  ASSERT_THAT(fixture.lines, SizeIs(2));
  EXPECT_THAT(fixture.lines[1],
              HasSubstr(R"("event":"introspection_recovered")"));
}

TEST(IntrospectionLog, ForgetsIssuersThatAreNoLongerConfigured) {
  Fixture fixture;
  fixture.Get(kRefused);
  fixture.introspection_log.Follow({"other"});
  fixture.introspection_log.Follow({"corp", "other"});
  fixture.Get(kRefused);
  EXPECT_THAT(fixture.lines, SizeIs(2));
}

}  // namespace
}  // namespace usher::server

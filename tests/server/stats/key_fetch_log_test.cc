#include "server/stats/key_fetch_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "server/stats/counters.h"
#include "tests/support/fake_clock.h"

namespace usher::server {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

struct Fixture {
  void Fail(const std::string& issuer = "corp") {
    key_fetch_log.OnFetch(issuer, jwks::Trigger::kRefresh,
                          absl::UnavailableError("connection refused"),
                          absl::Seconds(1));
  }
  void Succeed() {
    key_fetch_log.OnFetch("corp", jwks::Trigger::kRefresh, absl::OkStatus(),
                          absl::Seconds(1));
  }

  testing::FakeClock clock;
  std::vector<std::string> lines;
  base::Log log{clock, base::LogLevel::kInfo,
                [this](std::string_view line) { lines.emplace_back(line); }};
  Counters counters{{"corp", "other"}};
  KeyFetchLog key_fetch_log{log, clock, counters};
};

TEST(KeyFetchLog, LogsTheFirstFailureAtOnce) {
  Fixture fixture;
  fixture.Fail();
  ASSERT_THAT(fixture.lines, SizeIs(1));
  EXPECT_THAT(fixture.lines[0], HasSubstr(R"("event":"key_fetch_failed")"));
  EXPECT_THAT(fixture.lines[0], HasSubstr("connection refused"));
}

TEST(KeyFetchLog, LogsFurtherFailuresAtIntervalsWithTheirNumber) {
  Fixture fixture;
  for (int i = 0; i < 100; ++i) fixture.Fail();
  EXPECT_THAT(fixture.lines, SizeIs(1));
  fixture.clock.Advance(KeyFetchLog::kFailureInterval);
  fixture.Fail();
  ASSERT_THAT(fixture.lines, SizeIs(2));
  EXPECT_THAT(fixture.lines[1], HasSubstr(R"("failures":100)"));
}

TEST(KeyFetchLog, LimitsEachIssuerSeparately) {
  Fixture fixture;
  fixture.Fail("corp");
  fixture.Fail("other");
  EXPECT_THAT(fixture.lines, SizeIs(2));
}

TEST(KeyFetchLog, LogsThatAProviderIsBack) {
  Fixture fixture;
  fixture.Succeed();
  EXPECT_THAT(fixture.lines, IsEmpty());
  fixture.Fail();
  fixture.Succeed();
  fixture.Succeed();
  ASSERT_THAT(fixture.lines, SizeIs(2));
  EXPECT_THAT(fixture.lines[1], HasSubstr(R"("event":"key_fetch_recovered")"));
}

TEST(KeyFetchLog, ForgetsTheFailuresOfRemovedIssuers) {
  Fixture fixture;
  fixture.Fail("corp");
  fixture.key_fetch_log.Follow({"other"});
  fixture.key_fetch_log.Follow({"other", "corp"});
  fixture.Succeed();
  EXPECT_THAT(fixture.lines, SizeIs(1));  // no recovery is logged
  fixture.Fail("corp");
  EXPECT_THAT(fixture.lines, SizeIs(2));
}

TEST(KeyFetchLog, PassesEveryEventOn) {
  Fixture fixture;
  for (int i = 0; i < 3; ++i) fixture.Fail();
  EXPECT_EQ(fixture.counters.fetches.count("corp", jwks::Trigger::kRefresh,
                                           FetchResult::kFailed),
            3u);
}

TEST(KeyFetchLog, LogsThatKeysChanged) {
  Fixture fixture;
  fixture.key_fetch_log.OnKeysChanged("corp", 2);
  ASSERT_THAT(fixture.lines, SizeIs(1));
  EXPECT_THAT(fixture.lines[0], HasSubstr(R"("issuer":"corp","keys":2)"));
}

TEST(KeyFetchLog, LogsKeysThatNoTokenCanSelect) {
  Fixture fixture;
  fixture.key_fetch_log.OnAmbiguousKeys("corp", "33 keys without kid");
  ASSERT_THAT(fixture.lines, SizeIs(1));
  EXPECT_THAT(fixture.lines[0],
              HasSubstr(R"("event":"keys_ambiguous","issuer":"corp",)"
                        R"("why":"33 keys without kid")"));
}

TEST(KeyFetchLog, LogsUnusableKeys) {
  Fixture fixture;
  const std::vector<std::string> why(12, "keys[0] (kid \"a\"): use is not sig");
  fixture.key_fetch_log.OnUnusableKeys("corp", why);
  ASSERT_THAT(fixture.lines, SizeIs(1));
  EXPECT_THAT(
      fixture.lines[0],
      HasSubstr(R"("event":"keys_unusable","issuer":"corp","keys":12)"));
  EXPECT_THAT(fixture.lines[0], HasSubstr(R"(kid \"a\"): use is not sig)"));
}

}  // namespace
}  // namespace usher::server

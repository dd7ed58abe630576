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

struct Newsroom {
  void Fail(const std::string& issuer = "corp") {
    news.OnFetch(issuer, jwks::Trigger::kRefresh,
                 absl::UnavailableError("connection refused"),
                 absl::Seconds(1));
  }
  void Succeed() {
    news.OnFetch("corp", jwks::Trigger::kRefresh, absl::OkStatus(),
                 absl::Seconds(1));
  }

  testing::FakeClock clock;
  std::vector<std::string> lines;
  base::Log log{clock, base::LogLevel::kInfo,
                [this](std::string_view line) { lines.emplace_back(line); }};
  Counters counters{{"corp", "other"}};
  KeyFetchLog news{log, clock, counters};
};

TEST(KeyFetchLog, WritesTheFirstFailureAtOnce) {
  Newsroom room;
  room.Fail();
  ASSERT_THAT(room.lines, SizeIs(1));
  EXPECT_THAT(room.lines[0], HasSubstr(R"("event":"key_fetch_failed")"));
  EXPECT_THAT(room.lines[0], HasSubstr("connection refused"));
}

TEST(KeyFetchLog, WritesFurtherFailuresOnceInAWhileWithTheirNumber) {
  Newsroom room;
  for (int i = 0; i < 100; ++i) room.Fail();
  EXPECT_THAT(room.lines, SizeIs(1));
  room.clock.Advance(KeyFetchLog::kFailureInterval);
  room.Fail();
  ASSERT_THAT(room.lines, SizeIs(2));
  EXPECT_THAT(room.lines[1], HasSubstr(R"("failures":100)"));
}

TEST(KeyFetchLog, BoundsEachIssuerByItself) {
  Newsroom room;
  room.Fail("corp");
  room.Fail("other");
  EXPECT_THAT(room.lines, SizeIs(2));
}

TEST(KeyFetchLog, SaysWhenAProviderIsBack) {
  Newsroom room;
  room.Succeed();
  EXPECT_THAT(room.lines, IsEmpty());
  room.Fail();
  room.Succeed();
  room.Succeed();
  ASSERT_THAT(room.lines, SizeIs(2));
  EXPECT_THAT(room.lines[1], HasSubstr(R"("event":"key_fetch_recovered")"));
}

TEST(KeyFetchLog, ForgetsTheTroublesOfThoseThatAreGone) {
  Newsroom room;
  room.Fail("corp");
  room.news.Follow({"other"});
  room.news.Follow({"other", "corp"});
  room.Succeed();
  EXPECT_THAT(room.lines, SizeIs(1));  // nothing recovered
  room.Fail("corp");
  EXPECT_THAT(room.lines, SizeIs(2));
}

TEST(KeyFetchLog, HandsEverythingOn) {
  Newsroom room;
  for (int i = 0; i < 3; ++i) room.Fail();
  const auto rows = room.counters.by_issuer();
  const auto& row = *rows->at("corp");
  EXPECT_EQ(row.fetches[static_cast<size_t>(jwks::Trigger::kRefresh)][0], 3u);
}

TEST(KeyFetchLog, WritesThatKeysChanged) {
  Newsroom room;
  room.news.OnKeysChanged("corp", 2);
  ASSERT_THAT(room.lines, SizeIs(1));
  EXPECT_THAT(room.lines[0], HasSubstr(R"("issuer":"corp","keys":2)"));
}

}  // namespace
}  // namespace usher::server

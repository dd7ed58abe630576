#include "lib/base/log.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "tests/support/fake_clock.h"

namespace usher::base {
namespace {

TEST(Log, WritesOneJsonObjectALine) {
  const testing::FakeClock clock;
  std::vector<std::string> lines;
  Log log(clock, LogLevel::kInfo,
          [&](std::string_view line) { lines.emplace_back(line); });
  log.Write(LogLevel::kInfo, "key_set_loaded", [](JsonObject& line) {
    line.Add("issuer", "corp").Add("keys", 2);
  });
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_EQ(lines[0], R"({"time":"2026-01-01T00:00:00.000Z","level":"info",)"
                      R"("event":"key_set_loaded","issuer":"corp","keys":2})"
                      "\n");
}

TEST(Log, DropsLinesBelowItsLevelWithoutMakingTheirFields) {
  const testing::FakeClock clock;
  int lines = 0;
  Log log(clock, LogLevel::kWarning, [&](std::string_view) { ++lines; });
  log.Write(LogLevel::kInfo, "quiet", [](JsonObject&) { ADD_FAILURE(); });
  log.Write(LogLevel::kError, "loud");
  EXPECT_EQ(lines, 1);
  EXPECT_FALSE(log.Wants(LogLevel::kDebug));
  EXPECT_TRUE(log.Wants(LogLevel::kWarning));
}

TEST(Log, KeepsLinesOfManyThreadsApart) {
  const testing::FakeClock clock;
  std::string all;  // not locked: the log's lock is what is tested
  Log log(clock, LogLevel::kInfo, [&](std::string_view line) { all += line; });
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 100; ++n) log.Write(LogLevel::kInfo, "event");
    });
  }
  for (std::thread& thread : threads) thread.join();
  const std::string line =
      R"({"time":"2026-01-01T00:00:00.000Z","level":"info","event":"event"})"
      "\n";
  std::string expected;
  for (int i = 0; i < 400; ++i) expected += line;
  EXPECT_EQ(all, expected);
}

TEST(Log, CannotBeBrokenIntoTwoLinesByAValue) {
  const testing::FakeClock clock;
  std::string text;
  Log log(clock, LogLevel::kInfo, [&](std::string_view line) { text = line; });
  log.Write(LogLevel::kInfo, "event", [](JsonObject& line) {
    line.Add("error", "a\n{\"level\":\"error\"}");
  });
  EXPECT_EQ(text.find('\n'), text.size() - 1);
}

TEST(ParseLogLevel, KnowsTheFourNamesAndNothingElse) {
  LogLevel level = LogLevel::kInfo;
  EXPECT_TRUE(ParseLogLevel("debug", level));
  EXPECT_EQ(level, LogLevel::kDebug);
  EXPECT_TRUE(ParseLogLevel("error", level));
  EXPECT_EQ(level, LogLevel::kError);
  EXPECT_FALSE(ParseLogLevel("INFO", level));
  EXPECT_FALSE(ParseLogLevel("", level));
  EXPECT_EQ(level, LogLevel::kError);
}

}  // namespace
}  // namespace usher::base

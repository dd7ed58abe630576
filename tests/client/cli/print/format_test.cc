#include "client/cli/print/format.h"

#include <gtest/gtest.h>

#include <sstream>

#include "client/cli/base/console.h"
#include "client/cli/print/table.h"

namespace usher::cli {
namespace {

TEST(Visible, KeepsOrdinaryText) {
  EXPECT_EQ(Visible("alice@example.com"), "alice@example.com");
  EXPECT_EQ(Visible("Zoë 東京 🙂"), "Zoë 東京 🙂");
}

TEST(Visible, EscapesTerminalControls) {
  EXPECT_EQ(Visible("\033[31mred"), "\\u{1b}[31mred");
  EXPECT_EQ(Visible("a\nb\rc\x7f"), "a\\u{a}b\\u{d}c\\u{7f}");
  EXPECT_EQ(Visible("\xc2\x9b"), "\\u{9b}") << "a C1 control";
  EXPECT_EQ(Visible(std::string_view("a\0b", 3)), "a\\u{0}b");
}

TEST(Visible, EscapesCharactersThatReorderOrHideText) {
  EXPECT_EQ(Visible("\u202egpj"), "\\u{202e}gpj");
  EXPECT_EQ(Visible("a\u200bb"), "a\\u{200b}b");
}

TEST(Visible, EscapesBytesThatAreNotUtf8) {
  EXPECT_EQ(Visible("\xff"), "\\x{ff}");
  EXPECT_EQ(Visible("a\xc3"), "a\\x{c3}");
  EXPECT_EQ(Visible("\xc0\x80"), "\\x{c0}\\x{80}") << "overlong";
  EXPECT_EQ(Visible("\xed\xa0\x80"), "\\x{ed}\\x{a0}\\x{80}") << "surrogate";
}

TEST(ShortDuration, ShowsTheTwoLargestUnits) {
  EXPECT_EQ(ShortDuration(absl::Seconds(250)), "4m 10s");
  EXPECT_EQ(ShortDuration(absl::Seconds(12)), "12s");
  EXPECT_EQ(ShortDuration(absl::Hours(51) + absl::Minutes(5)), "2d 3h");
  EXPECT_EQ(ShortDuration(absl::Hours(48) + absl::Minutes(5)), "2d");
  EXPECT_EQ(ShortDuration(absl::Milliseconds(850)), "850ms");
  EXPECT_EQ(ShortDuration(-absl::Seconds(1)), "-1s");
}

TEST(UtcTime, ShowsUtcAndTheDistanceFromNow) {
  const absl::Time now = absl::FromUnixSeconds(1'767'225'600);
  EXPECT_EQ(UtcTime(now + absl::Seconds(250), now),
            "2026-01-01T00:04:10Z (in 4m 10s)");
  EXPECT_EQ(RelativeTime(now - absl::Seconds(12), now), "12s ago");
  EXPECT_EQ(RelativeTime(now, now), "now");
}

TEST(Fields, AreAligned) {
  Fields fields;
  fields.Add("a", "1");
  fields.Add("läng", "2");
  std::ostringstream out;
  fields.Print(out);
  EXPECT_EQ(out.str(), "  a     1\n  läng  2\n");
}

TEST(Table, HasNoTrailingSpaces) {
  std::ostringstream out;
  PrintTable({{"A", "LONG"}, {"bcd", ""}}, out);
  EXPECT_EQ(out.str(), "A    LONG\nbcd\n");
}

TEST(Paint, ColoursOnlyIfTurnedOn) {
  EXPECT_EQ(Paint(false)(Colour::kRed, "no"), "no");
  EXPECT_EQ(Paint(true)(Colour::kRed, "no"), "\033[31mno\033[0m");
}

}  // namespace
}  // namespace usher::cli

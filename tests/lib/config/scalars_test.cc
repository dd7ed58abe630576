#include "lib/config/scalars.h"

#include <array>

#include "gtest/gtest.h"
#include "lib/config/nearest.h"

namespace usher::config {
namespace {

TEST(Scalars, KnowTwoWordsForSwitches) {
  EXPECT_EQ(ParseSwitch("true"), true);
  EXPECT_EQ(ParseSwitch("false"), false);
  for (const char* text :
       {"yes", "no", "on", "off", "True", "FALSE", "1", "0", "", " true"}) {
    EXPECT_EQ(ParseSwitch(text), std::nullopt) << text;
  }
}

TEST(Scalars, ReadDecimalNumbersOnly) {
  EXPECT_EQ(ParseCount("0"), 0u);
  EXPECT_EQ(ParseCount("65536"), 65536u);
  EXPECT_EQ(ParseCount("9223372036854775807"), 9223372036854775807u);
  for (const char* text :
       {"", "017", "00", "0x1F", "0o17", "1_000", "1e3", "1.0", "+1", "-1",
        " 1", "1 ", "~", "9223372036854775808", "99999999999999999999"}) {
    EXPECT_EQ(ParseCount(text), std::nullopt) << text;
  }
}

TEST(Scalars, ReadSharesOfAWhole) {
  EXPECT_EQ(ParseShare("0"), 0.0);
  EXPECT_EQ(ParseShare("1"), 1.0);
  EXPECT_EQ(ParseShare("1.0"), 1.0);
  EXPECT_DOUBLE_EQ(ParseShare("0.01").value_or(-1), 0.01);
  EXPECT_DOUBLE_EQ(ParseShare("0.125").value_or(-1), 0.125);
  for (const char* text :
       {"", ".5", "0.", "1.1", "1.000000001", "2", "-0.1", "+0.1", "1e-2",
        "0,1", "00.1", "0.1 ", "0.x", "10%", "0.0000000001", "nan"}) {
    EXPECT_EQ(ParseShare(text), std::nullopt) << text;
  }
  EXPECT_EQ(ShareText(0.01), "0.01");
}

TEST(Scalars, ReadDurationsWithUnits) {
  EXPECT_EQ(ParseDuration("60s"), absl::Seconds(60));
  EXPECT_EQ(ParseDuration("5m"), absl::Minutes(5));
  EXPECT_EQ(ParseDuration("24h"), absl::Hours(24));
  EXPECT_EQ(ParseDuration("1h30m"), absl::Minutes(90));
  EXPECT_EQ(ParseDuration("1m500ms"), absl::Milliseconds(60500));
  EXPECT_EQ(ParseDuration("500ms"), absl::Milliseconds(500));
  EXPECT_EQ(ParseDuration("0s"), absl::ZeroDuration());
  EXPECT_EQ(ParseDuration("90m"), absl::Minutes(90));
  for (const char* text : {"",
                           "60",
                           "s",
                           "1.5h",
                           "-5s",
                           "5 s",
                           " 5s",
                           "5s ",
                           "30m1h",
                           "1s1s",
                           "1d",
                           "5S",
                           "05s",
                           "1h30",
                           "inf",
                           "1:30",
                           "5us",
                           "87601h",
                           "9223372036854775807h",
                           "99999999999999999999s"}) {
    EXPECT_EQ(ParseDuration(text), std::nullopt) << text;
  }
}

TEST(Scalars, WriteDurationsSoThatTheyReadTheSame) {
  for (const char* text :
       {"0s", "1s", "500ms", "1m", "1h30m", "24h", "1h1m1s1ms", "87600h"}) {
    const auto read = ParseDuration(text);
    ASSERT_TRUE(read) << text;
    EXPECT_EQ(DurationText(*read), text);
  }
}

TEST(Scalars, ReadSizesWithUnits) {
  EXPECT_EQ(ParseSize("128MiB"), size_t{128} << 20);
  EXPECT_EQ(ParseSize("2GiB"), size_t{2} << 30);
  EXPECT_EQ(ParseSize("1B"), 1u);
  for (const char* text : {"", "128", "128MB", "128 MiB", "1.5GiB", "-1KiB",
                           "128mib", "9223372036854775807GiB", "MiB"}) {
    EXPECT_EQ(ParseSize(text), std::nullopt) << text;
  }
  EXPECT_EQ(SizeText(size_t{128} << 20), "128MiB");
  EXPECT_EQ(SizeText(1025), "1025B");
  EXPECT_EQ(SizeText(0), "0B");
}

TEST(Nearest, FindsTheWordThatWasMeant) {
  constexpr auto kKeys = std::to_array<std::string_view>(
      {"audiences", "algorithms", "issuer", "name", "ca_file"});
  EXPECT_EQ(Nearest("audience", kKeys), "audiences");
  EXPECT_EQ(Nearest("algoritms", kKeys), "algorithms");
  EXPECT_EQ(Nearest("isuser", kKeys), "issuer");
  EXPECT_EQ(Nearest("cafile", kKeys), "ca_file");
  EXPECT_EQ(Nearest("colour", kKeys), std::nullopt);
  EXPECT_EQ(Nearest("x", kKeys), std::nullopt);
  EXPECT_EQ(Nearest("", kKeys), std::nullopt);
  EXPECT_EQ(Nearest(std::string(100'000, 'a'), kKeys), std::nullopt);
}

}  // namespace
}  // namespace usher::config

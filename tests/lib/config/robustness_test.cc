// Damaged, huge and hostile files are always handled, and quickly.
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "lib/base/text/strings.h"
#include "lib/config/config.h"
#include "lib/yaml/report.h"
#include "tests/docs/examples.h"
#include "tests/lib/config/config_support.h"

namespace usher::config {
namespace {

using ::testing::SizeIs;

// Every third byte: each file costs milliseconds, because the keys and
// certificates that it names are judged too.
constexpr size_t kStep = 3;

TEST(Robustness, AFileCutOffAnywhereIsAcceptedOrRejected) {
  const Directory directory;
  directory.WriteFilesOfFullExample();
  for (size_t size = 0; size < docs::kFullExample.size(); size += kStep) {
    const Loaded loaded =
        Parse(docs::kFullExample.substr(0, size), directory.path());
    EXPECT_EQ(loaded.config.has_value(), loaded.errors.empty()) << size;
  }
}

TEST(Robustness, AFileWithAByteChangedAnywhereIsAcceptedOrRejected) {
  const Directory directory;
  directory.WriteFilesOfFullExample();
  constexpr std::string_view kBytes = "\t\n :-{}[]&*!|>'\"%@`#,?\x04\x80";
  size_t next = 0;
  for (size_t at = 0; at < docs::kFullExample.size(); at += kStep) {
    std::string yaml(docs::kFullExample);
    yaml[at] = kBytes[next++ % kBytes.size()];
    const Loaded loaded = Parse(yaml, directory.path());
    EXPECT_EQ(loaded.config.has_value(), loaded.errors.empty()) << at;
  }
}

TEST(Robustness, ShortTextsOfPunctuationAreAcceptedOrRejected) {
  constexpr std::string_view kBytes = "a:-? \n\t{}[],&*!|>'\"%#";
  for (const char a : kBytes) {
    for (const char b : kBytes) {
      for (const char c : kBytes) {
        const Loaded loaded = Parse(std::string{a, b, c, '\n', a, b}, "");
        EXPECT_EQ(loaded.config.has_value(), loaded.errors.empty());
      }
    }
  }
}

TEST(Robustness, TenThousandIssuersAreAccepted) {
  std::string yaml = "issuers:\n";
  for (int i = 0; i < 10'000; ++i) {
    yaml += base::StrCat("- name: t", i, "\n  issuer: https://login.example/t",
                         i, "\n  audiences: [orders, a", i,
                         "]\n  clock_skew: 30s\n  refresh: {cooldown: 20s}\n");
  }
  EXPECT_THAT(Good(yaml).issuers, SizeIs(10'000));
}

TEST(Robustness, ManyErrorsAreReportedUpToALimit) {
  std::string yaml = "issuers:\n";
  for (int i = 0; i < 50'000; ++i) yaml += "- {}\n";
  const Loaded loaded = Parse(yaml, "");
  ASSERT_THAT(loaded.errors, SizeIs(yaml::Report::kMaxErrors + 1));
  EXPECT_EQ(loaded.errors[0], "issuers[0].name: is required (line 2)");
  EXPECT_EQ(loaded.errors.back(), "configuration: and 149000 more errors");
}

TEST(Robustness, ManyUnknownKeysAreRejectedQuickly) {
  std::string yaml;
  for (int i = 0; i < 200'000; ++i) yaml += base::StrCat("listen", i, ": 1\n");
  EXPECT_THAT(Parse(yaml, "").errors, SizeIs(1001));
}

TEST(Robustness, ManyDuplicateKeysAreRejectedQuickly) {
  std::string yaml;
  for (int i = 0; i < 200'000; ++i) yaml += "log: {level: info}\n";
  EXPECT_THAT(Parse(yaml, "").errors, SizeIs(1001));
}

TEST(Robustness, ALongListIsAccepted) {
  std::string yaml =
      "issuers:\n- name: a\n  issuer: https://a.example\n  audiences: [";
  for (int i = 0; i < 200'000; ++i) yaml += base::StrCat("a", i, ", ");
  EXPECT_THAT(Good(yaml + "z]\n").issuers[0].audiences, SizeIs(200'001));
}

TEST(Robustness, AFileOfOneRepeatedCharacterIsRejected) {
  for (const char c : std::string_view("[{-?:&*!|>'\"%@`,")) {
    const Loaded loaded = Parse(std::string(100'000, c), "");
    EXPECT_FALSE(loaded.config) << c;
  }
}

}  // namespace
}  // namespace usher::config

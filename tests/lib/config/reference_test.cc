// The documents and the reader come from one table, and say the same.
#include <fstream>
#include <iterator>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "lib/base/strings.h"
#include "lib/config/config.h"
#include "lib/config/examples.h"
#include "lib/config/scalars.h"
#include "lib/config/schema.h"
#include "tests/lib/config/config_support.h"
#include "tests/support/paths.h"

namespace usher::config {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;

std::string DefaultOf(std::string_view path) {
  for (const Entry& entry : Entries()) {
    if (entry.path == path) return entry.fallback;
  }
  return "no such key";
}

void CollectPaths(const Node& node, const std::string& path,
                  std::vector<std::string>& paths) {
  for (const Node::Member& member : node.members) {
    const std::string below =
        path.empty() ? member.key : base::StrCat(path, ".", member.key);
    paths.push_back(below);
    CollectPaths(member.value, below, paths);
  }
  for (const Node& element : node.elements) {
    CollectPaths(element, path + "[]", paths);
  }
}

TEST(Reference, TakesDefaultsFromTheStructs) {
  EXPECT_EQ(DefaultOf("listen"), "127.0.0.1:9443");
  EXPECT_EQ(DefaultOf("token_cache.bytes"), "128MiB");
  EXPECT_EQ(DefaultOf("callers[].rpcs"), "[Verify, BatchVerify, Introspect]");
  EXPECT_EQ(DefaultOf("issuers[].clock_skew"), "1m");
  EXPECT_EQ(DefaultOf("issuers[].max_lifetime"), "24h");
  EXPECT_EQ(DefaultOf("issuers[].max_age"), "");
  EXPECT_EQ(DefaultOf("issuers[].token_types"), "[at+jwt, JWT, \"\"]");
  EXPECT_EQ(DefaultOf("issuers[].refresh.stale_for"), "4h");
  EXPECT_EQ(DefaultOf("issuers[].algorithms"),
            "[RS256, PS256, ES256, ES384, Ed25519]");
}

TEST(Reference, ShowsEveryKeyWithItsMeaning) {
  const std::string reference = Reference();
  for (const Entry& entry : Entries()) {
    EXPECT_FALSE(entry.meaning.empty()) << entry.path;
    EXPECT_FALSE(entry.type.empty()) << entry.path;
    EXPECT_THAT(reference, HasSubstr(std::string(entry.meaning)));
  }
}

TEST(Reference, ListsEverythingLoud) {
  const std::string reference = Reference();
  const std::string table =
      reference.substr(reference.find("## Everything that loosens"));
  int loud = 0;
  for (const Entry& entry : Entries()) {
    if (entry.path.find("insecure_") == std::string::npos) continue;
    ++loud;
    EXPECT_THAT(table, HasSubstr(base::StrCat("| `", entry.path, "` |")));
    EXPECT_EQ(entry.fallback, "false") << entry.path;
  }
  EXPECT_EQ(loud, 6);
}

TEST(Reference, ShowsEveryKeyButLoudOnesInTheFullExample) {
  const auto root = ParseYaml(kFullExample);
  ASSERT_TRUE(root.ok());
  std::vector<std::string> paths;
  CollectPaths(*root, "", paths);
  for (const Entry& entry : Entries()) {
    if (IsLoud(entry.path)) continue;
    EXPECT_THAT(paths, Contains(entry.path));
  }
}

TEST(Reference, FullExampleInTestDataLoads) {
  std::ifstream file(std::string(testing::kSourceDir) +
                     "/tests/data/full.yaml");
  const std::string yaml{std::istreambuf_iterator<char>(file), {}};
  const Directory directory;
  directory.WriteFilesOfFullExample();
  EXPECT_EQ(FaultsOf(yaml, directory.path()), "");
}

// "... 1s to 10m." at the end of a meaning.
struct Span {
  std::string least;
  std::string most;
};
std::optional<Span> SpanIn(std::string_view meaning) {
  if (!meaning.ends_with('.')) return std::nullopt;
  meaning.remove_suffix(1);
  const size_t to = meaning.rfind(" to ");
  if (to == std::string_view::npos) return std::nullopt;
  const size_t before = meaning.rfind(' ', to - 1);
  Span span{std::string(meaning.substr(before + 1, to - before - 1)),
            std::string(meaning.substr(to + 4))};
  if (!ParseDuration(span.least) || !ParseDuration(span.most)) {
    return std::nullopt;
  }
  return span;
}

// An issuer's key with that value; "refresh.cooldown" is a key of `refresh`.
std::string FaultsWith(std::string_view key, std::string_view value) {
  const size_t dot = key.find('.');
  if (dot == std::string_view::npos) {
    return FaultsOf(WithIssuerKeys(base::StrCat(key, ": ", value)));
  }
  const std::string_view name = key.substr(dot + 1);
  // Keeps the span of max-age in order, whichever end of it is tried.
  std::string others;
  if (name == "min_freshness") others = ", max_freshness: 24h";
  if (name == "max_freshness") others = ", min_freshness: 1s";
  return FaultsOf(WithIssuerKeys(
      base::StrCat(key.substr(0, dot), ": {", name, ": ", value, others, "}")));
}

TEST(Reference, TellsTheBoundsThatAreChecked) {
  constexpr std::string_view kPrefix = "issuers[].";
  int spans = 0;
  for (const Entry& entry : Entries()) {
    const auto span = SpanIn(entry.meaning);
    if (!span || !entry.path.starts_with(kPrefix)) continue;
    ++spans;
    const std::string_view key =
        std::string_view(entry.path).substr(kPrefix.size());
    const absl::Duration least = *ParseDuration(span->least);
    const absl::Duration most = *ParseDuration(span->most);
    const absl::Duration step = absl::Milliseconds(1);
    EXPECT_EQ(FaultsWith(key, span->least), "");
    EXPECT_EQ(FaultsWith(key, span->most), "");
    EXPECT_NE(FaultsWith(key, DurationText(most + step)), "") << key;
    if (least == absl::ZeroDuration()) continue;
    EXPECT_NE(FaultsWith(key, DurationText(least - step)), "") << key;
  }
  EXPECT_EQ(spans, 7);
}

}  // namespace
}  // namespace usher::config

// docs/configuration.md agrees with the reader.
#include <fstream>
#include <iterator>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "lib/base/text/strings.h"
#include "lib/config/fields.h"
#include "lib/yaml/parse.h"
#include "lib/yaml/scalars.h"
#include "tests/docs/examples.h"
#include "tests/docs/pages.h"
#include "tests/lib/config/config_support.h"
#include "tests/support/paths.h"

namespace usher::docs {
namespace {

using config::Directory;
using config::ErrorsOf;
using config::FieldDocs;
using config::WithIssuerKeys;
using ::testing::Contains;
using ::testing::HasSubstr;
using yaml::DurationText;
using yaml::FieldDoc;
using yaml::Node;
using yaml::ParseDuration;

std::string DefaultOf(std::string_view path) {
  for (const FieldDoc& doc : FieldDocs()) {
    if (doc.path == path) return doc.default_value;
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

TEST(ConfigurationPage, ShowsTheDefaultsOfTheStructs) {
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

TEST(ConfigurationPage, ShowsEveryKeyWithItsDescription) {
  const std::string page = ConfigurationPage();
  for (const FieldDoc& doc : FieldDocs()) {
    EXPECT_FALSE(doc.description.empty()) << doc.path;
    EXPECT_FALSE(doc.type.empty()) << doc.path;
    EXPECT_THAT(page, HasSubstr(std::string(doc.description)));
  }
}

TEST(ConfigurationPage, ListsEveryInsecureKey) {
  const std::string page = ConfigurationPage();
  const std::string table = page.substr(page.find("## Keys that weaken"));
  int insecure = 0;
  for (const FieldDoc& doc : FieldDocs()) {
    if (doc.path.find("insecure_") == std::string::npos) continue;
    ++insecure;
    EXPECT_THAT(table, HasSubstr(base::StrCat("| `", doc.path, "` |")));
    EXPECT_EQ(doc.default_value, "false") << doc.path;
  }
  EXPECT_EQ(insecure, 10);
}

TEST(ConfigurationPage, FullExampleHasEveryKeyExceptInsecureOnes) {
  const auto root = yaml::Parse(kFullExample);
  ASSERT_TRUE(root.ok());
  std::vector<std::string> paths;
  CollectPaths(*root, "", paths);
  for (const FieldDoc& doc : FieldDocs()) {
    if (yaml::IsInsecure(doc.path)) continue;
    EXPECT_THAT(paths, Contains(doc.path));
  }
}

TEST(ConfigurationPage, ListsTheKeysThatAReloadApplies) {
  EXPECT_THAT(ConfigurationPage(),
              HasSubstr("with everything inside: `callers`, `issuers`, "
                        "`shutdown_delay`, `shutdown_grace`, `log.level`.\n"));
}

TEST(ConfigurationPage, FullExampleLoads) {
  std::ifstream file(std::string(::usher::testing::kSourceDir) +
                     "/tests/data/full.yaml");
  const std::string yaml{std::istreambuf_iterator<char>(file), {}};
  const Directory directory;
  directory.WriteFilesOfFullExample();
  EXPECT_EQ(ErrorsOf(yaml, directory.path()), "");
}

// "... 1s to 10m." at the end of a description.
struct Limits {
  std::string min;
  std::string max;
};
std::optional<Limits> LimitsIn(std::string_view description) {
  if (!description.ends_with('.')) return std::nullopt;
  description.remove_suffix(1);
  const size_t to = description.rfind(" to ");
  if (to == std::string_view::npos) return std::nullopt;
  const size_t before = description.rfind(' ', to - 1);
  Limits limits{std::string(description.substr(before + 1, to - before - 1)),
                std::string(description.substr(to + 4))};
  if (!ParseDuration(limits.min) || !ParseDuration(limits.max)) {
    return std::nullopt;
  }
  return limits;
}

// The errors of an issuer's key with a value. "refresh.cooldown" is a key of
// `refresh`.
std::string ErrorsWith(std::string_view key, std::string_view value) {
  const size_t dot = key.find('.');
  if (dot == std::string_view::npos) {
    return ErrorsOf(WithIssuerKeys(base::StrCat(key, ": ", value)));
  }
  const std::string_view name = key.substr(dot + 1);
  // Keeps min_freshness <= max_freshness and first_retry <= last_retry.
  std::string others;
  if (name == "min_freshness") others = ", max_freshness: 24h";
  if (name == "max_freshness") others = ", min_freshness: 1s";
  if (key.starts_with("introspection.")) {
    others = base::StrCat(", client_id: usher, secret_file: ",
                          ::usher::testing::kSourceDir, "/README.md");
  }
  if (name == "first_retry") others = ", last_retry: 10m";
  if (name == "last_retry") others = ", first_retry: 100ms";
  return ErrorsOf(WithIssuerKeys(
      base::StrCat(key.substr(0, dot), ": {", name, ": ", value, others, "}")));
}

TEST(ConfigurationPage, ShowsTheLimitsThatAreChecked) {
  constexpr std::string_view kPrefix = "issuers[].";
  int count = 0;
  for (const FieldDoc& doc : FieldDocs()) {
    const auto limits = LimitsIn(doc.description);
    if (!limits || !doc.path.starts_with(kPrefix)) continue;
    ++count;
    const std::string_view key =
        std::string_view(doc.path).substr(kPrefix.size());
    const absl::Duration min = *ParseDuration(limits->min);
    const absl::Duration max = *ParseDuration(limits->max);
    const absl::Duration step = absl::Milliseconds(1);
    EXPECT_EQ(ErrorsWith(key, limits->min), "");
    EXPECT_EQ(ErrorsWith(key, limits->max), "");
    EXPECT_NE(ErrorsWith(key, DurationText(max + step)), "") << key;
    if (min == absl::ZeroDuration()) continue;
    EXPECT_NE(ErrorsWith(key, DurationText(min - step)), "") << key;
  }
  EXPECT_EQ(count, 12);
}

}  // namespace
}  // namespace usher::docs

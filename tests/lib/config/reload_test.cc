#include "lib/config/config.h"

#include <algorithm>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "lib/base/text/strings.h"
#include "lib/config/fields.h"
#include "tests/lib/config/authority.h"
#include "tests/lib/config/config_support.h"

namespace usher::config {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

constexpr char kCa[] =
    "-----BEGIN CERTIFICATE-----\nMA==\n-----END CERTIFICATE-----\n";

std::string Issuer(std::string_view name, std::string_view more = "") {
  return base::StrCat("  - name: ", name, "\n    issuer: https://", name,
                      ".example.com\n    audiences: [orders]\n", more);
}

// A running service and its configuration file.
struct Service {
  explicit Service(std::string_view yaml) {
    Write(yaml);
    const Loaded loaded = Load(path);
    EXPECT_THAT(loaded.errors, IsEmpty());
    running = loaded.config.value();
  }
  void Write(std::string_view yaml) {
    path = directory.Write("usher.yaml", yaml);
  }
  Reloaded Reload() { return config::Reload(path, running); }

  Directory directory;
  std::string path;
  Config running;
};

TEST(Reload, ReportsAddedRemovedAndChangedFields) {
  Service service(base::StrCat("issuers:\n", Issuer("a"), Issuer("b"),
                               Issuer("c", "    clock_skew: 30s\n")));
  service.Write(base::StrCat(
      "shutdown_grace: 5s\nlog: {level: debug}\nissuers:\n", Issuer("d"),
      Issuer("c",
             "    keys: {jwks_url: https://c.example.com/keys}\n"
             "    refresh: {cooldown: 10s}\n"),
      Issuer("a")));
  const Reloaded reloaded = service.Reload();
  ASSERT_TRUE(reloaded.loaded.config);
  EXPECT_THAT(reloaded.changes.added, ElementsAre("issuers[d]"));
  EXPECT_THAT(reloaded.changes.removed, ElementsAre("issuers[b]"));
  EXPECT_THAT(reloaded.changes.changed,
              UnorderedElementsAre("issuers[c].keys", "issuers[c].clock_skew",
                                   "issuers[c].refresh.cooldown",
                                   "shutdown_grace", "log.level"));
  EXPECT_THAT(reloaded.changes.at_restart, IsEmpty());
}

TEST(Reload, IgnoresCommentsAndOrder) {
  Service service(base::StrCat("issuers:\n", Issuer("a"), Issuer("b")));
  EXPECT_TRUE(service.Reload().changes.empty());
  service.Write(
      base::StrCat("# A comment\nissuers:\n", Issuer("b"), Issuer("a")));
  EXPECT_TRUE(service.Reload().changes.empty());
}

TEST(Reload, KeepsFieldsThatNeedARestartAndAppliesTheRest) {
  Service service(base::StrCat("issuers:\n", Issuer("a")));
  service.Write(
      base::StrCat("listen: 127.0.0.1:7000\n"
                   "metrics: {listen: 127.0.0.1:7001}\n"
                   "token_cache: {entries: 100}\n"
                   "audit: {subjects: true}\n"
                   "issuers:\n",
                   Issuer("b")));
  const Reloaded reloaded = service.Reload();
  ASSERT_TRUE(reloaded.loaded.config);
  EXPECT_THAT(reloaded.changes.at_restart,
              UnorderedElementsAre("listen", "metrics.listen",
                                   "token_cache.entries", "audit"));
  EXPECT_EQ(reloaded.loaded.config->listen, "127.0.0.1:9443");
  EXPECT_EQ(reloaded.loaded.config->metrics_listen, "127.0.0.1:9464");
  EXPECT_EQ(reloaded.loaded.config->token_cache.entries, 65536u);
  EXPECT_FALSE(reloaded.loaded.config->audit);
  ASSERT_EQ(reloaded.loaded.config->issuers.size(), 1u);
  EXPECT_EQ(reloaded.loaded.config->issuers[0].name, "b");
}

TEST(Reload, ComparesInsideAnOptionalSection) {
  Service service(
      base::StrCat("audit: {subjects: true}\nissuers:\n", Issuer("a")));
  service.Write(
      base::StrCat("audit: {sample_verified: 0.5}\nissuers:\n", Issuer("a")));
  EXPECT_THAT(service.Reload().changes.at_restart,
              UnorderedElementsAre("audit.sample_verified", "audit.subjects"));
}

// The running listener does not request client certificates, so it would refuse
// every caller.
TEST(Reload, RefusesACombinationThatIsInvalidUntilTheRestart) {
  Service service(base::StrCat("issuers:\n", Issuer("a")));
  const testing::Certificate pair = TheAuthority().Issue();
  service.directory.Write("s.crt", pair.chain);
  service.directory.Write("s.key", pair.private_key);
  service.directory.Write("ca.crt", TheAuthority().pem());
  service.Write(base::StrCat(
      "tls: {certificate: s.crt, private_key: s.key, client_ca: ca.crt}\n"
      "callers:\n  - {name: orders, certificate: orders, audiences: [orders]}\n"
      "issuers:\n",
      Issuer("a")));
  EXPECT_THAT(Load(service.path).errors, IsEmpty());
  const Reloaded reloaded = service.Reload();
  EXPECT_FALSE(reloaded.loaded.config);
  EXPECT_THAT(reloaded.loaded.errors,
              ElementsAre(AllOf(HasSubstr("callers: "),
                                HasSubstr("until a restart applies tls"))));
}

TEST(Reload, ReportsEveryErrorOfTheFile) {
  Service service(base::StrCat("issuers:\n", Issuer("a")));
  service.Write(base::StrCat("lisen: x\nissuers:\n",
                             Issuer("a", "    clock_skew: 9h\n")));
  const Reloaded reloaded = service.Reload();
  EXPECT_FALSE(reloaded.loaded.config);
  EXPECT_EQ(reloaded.loaded.errors, Load(service.path).errors);
  EXPECT_EQ(reloaded.loaded.errors.size(), 2u);
  EXPECT_TRUE(reloaded.changes.empty());
}

TEST(Reload, WarnsOfActiveSettingsOnly) {
  Service service(base::StrCat("issuers:\n", Issuer("a")));
  service.Write(base::StrCat(
      "insecure_allow_plaintext: true\nissuers:\n",
      Issuer("a", "    insecure_allow_private_addresses: true\n")));
  const Reloaded reloaded = service.Reload();
  EXPECT_THAT(reloaded.changes.at_restart,
              ElementsAre("insecure_allow_plaintext"));
  EXPECT_THAT(
      reloaded.loaded.warnings,
      ElementsAre(HasSubstr("issuers[0].insecure_allow_private_addresses")));
  EXPECT_THAT(Load(service.path).warnings,
              Contains(HasSubstr("insecure_allow_plaintext: ")));
}

TEST(Reload, AppliesAChangedCaFile) {
  Service service(base::StrCat("issuers:\n", Issuer("a")));
  service.directory.Write("a.pem", kCa);
  service.Write(
      base::StrCat("issuers:\n", Issuer("a", "    ca_file: a.pem\n")));
  service.running = *service.Reload().loaded.config;
  EXPECT_TRUE(service.Reload().changes.empty());
  service.directory.Write("a.pem", base::StrCat(kCa, kCa));
  EXPECT_THAT(service.Reload().changes.changed,
              ElementsAre("issuers[a].ca_file"));
}

TEST(Load, ListsTheFilesItReadAndWhichOnesItStores) {
  Service service(base::StrCat("issuers:\n", Issuer("a")));
  const std::string ca = service.directory.Write("a.pem", kCa);
  const std::string keys = service.directory.Write("keys.json", kJwks);
  service.Write(
      base::StrCat("issuers:\n", Issuer("a",
                                        "    ca_file: a.pem\n"
                                        "    keys: {jwks_file: keys.json}\n"
                                        "    proxy: 'nonsense'\n")));
  const Loaded loaded = Load(service.path);
  EXPECT_THAT(loaded.errors, Not(IsEmpty()));
  std::vector<std::string> stored;
  std::vector<std::string> others;
  for (const yaml::FileRead& file : loaded.files) {
    (file.is_stored ? stored : others).push_back(file.path);
    EXPECT_EQ(file.content, yaml::CurrentContent(file)) << file.path;
  }
  EXPECT_THAT(stored, UnorderedElementsAre(service.path, ca));
  EXPECT_THAT(others, ElementsAre(keys));
  service.directory.Write("a.pem", base::StrCat(kCa, "\n"));
  const auto changed =
      std::ranges::find(loaded.files, ca, &yaml::FileRead::path);
  EXPECT_NE(changed->content, yaml::CurrentContent(*changed));
}

TEST(Load, ListsAnUnreadableFileSoThatItCanBeWatched) {
  const Loaded loaded = Load("/nowhere/usher.yaml");
  ASSERT_EQ(loaded.files.size(), 1u);
  EXPECT_EQ(loaded.files[0].path, "/nowhere/usher.yaml");
  EXPECT_TRUE(loaded.files[0].is_stored);
  EXPECT_EQ(loaded.files[0].content, yaml::CurrentContent(loaded.files[0]));
}

TEST(Fields, CanCompareAndKeepEveryField) {
  for (const yaml::Field<Config>& field : ServiceFields()) {
    EXPECT_NE(field.compare, nullptr) << field.name;
    EXPECT_NE(field.keep_until_restart, nullptr) << field.name;
  }
  for (const yaml::Field<issuer::Config>& field : IssuerFields()) {
    EXPECT_NE(field.compare, nullptr) << field.name;
  }
}

TEST(Fields, AppliesIssuersAndCallersOnReload) {
  for (const yaml::FieldDoc& doc : FieldDocs()) {
    const bool on_reload =
        doc.path.starts_with("issuers") || doc.path.starts_with("callers") ||
        doc.path.starts_with("shutdown_") || doc.path == "log.level";
    EXPECT_EQ(doc.applied_on == yaml::AppliedOn::kReload, on_reload)
        << doc.path;
  }
}

}  // namespace
}  // namespace usher::config

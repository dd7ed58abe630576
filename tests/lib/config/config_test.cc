// Reading the file: types, defaults and error messages.
#include "lib/config/config.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "lib/base/text/strings.h"
#include "tests/docs/examples.h"
#include "tests/lib/config/config_support.h"

namespace usher::config {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// The errors of a valid configuration with one more line, which is line 5.
std::string ErrorsOfLine(std::string_view line) {
  return ErrorsOf(WithOneIssuer(base::StrCat(line, "\n")));
}

TEST(Config, RequiresOnlyAnIssuerWithNameIdentifierAndAudiences) {
  const Config config = Good(docs::kSmallestExample);
  ASSERT_THAT(config.issuers, SizeIs(1));
  issuer::Config expected;
  expected.name = "corp";
  expected.issuer = "https://login.example.com";
  expected.audiences = {"orders"};
  EXPECT_EQ(config.issuers[0], expected);
  const Config defaults;
  EXPECT_EQ(config.listen, defaults.listen);
  EXPECT_EQ(config.admin_listen, defaults.admin_listen);
  EXPECT_EQ(config.metrics_listen, defaults.metrics_listen);
  EXPECT_TRUE(config.status_page_enabled);
  EXPECT_EQ(config.status_page_listen, "127.0.0.1:9465");
  EXPECT_EQ(config.token_cache, defaults.token_cache);
  EXPECT_EQ(config.connections, defaults.connections);
  EXPECT_EQ(config.shutdown_delay, defaults.shutdown_delay);
  EXPECT_EQ(config.shutdown_grace, defaults.shutdown_grace);
  EXPECT_FALSE(config.tls || config.admin_tls);
  EXPECT_THAT(config.callers, IsEmpty());
  EXPECT_EQ(WarningsOf(docs::kSmallestExample), "");
}

TEST(Config, AcceptsJson) {
  Good(R"({"issuers": [{"name": "corp", "audiences": ["orders"],
           "issuer": "https://login.example.com"}]})");
}

TEST(Config, ReadsEveryKeyOfTheService) {
  const Directory directory;
  directory.WriteFilesOfFullExample();
  const Config config = Good(docs::kFullExample, directory.path());
  EXPECT_EQ(config.listen, "0.0.0.0:9443");
  ASSERT_TRUE(config.tls);
  EXPECT_EQ(config.tls->certificate, directory.path() + "/tls/server.crt");
  EXPECT_EQ(config.tls->private_key, directory.path() + "/tls/server.key");
  EXPECT_EQ(config.tls->client_ca, directory.path() + "/tls/callers-ca.crt");
  ASSERT_THAT(config.callers, SizeIs(2));
  EXPECT_EQ(config.callers[0].name, "orders");
  EXPECT_EQ(config.callers[0].certificate,
            "spiffe://example.com/ns/prod/sa/orders");
  EXPECT_THAT(config.callers[0].audiences, ElementsAre("orders"));
  EXPECT_THAT(config.callers[0].rpcs, ElementsAre("Verify", "BatchVerify"));
  EXPECT_EQ(config.callers[1].rpcs, ClientService().rpcs);
  EXPECT_EQ(config.admin_listen, "0.0.0.0:9444");
  EXPECT_TRUE(config.admin_tls && config.admin_tls->client_ca);
  EXPECT_EQ(config.metrics_listen, "0.0.0.0:9464");
  EXPECT_EQ(config.status_page_listen, "127.0.0.1:9465");
  EXPECT_THAT(config.issuers, SizeIs(10));
  ASSERT_TRUE(config.audit);
  EXPECT_EQ(config.audit->file, directory.path() + "/audit.jsonl");
  EXPECT_EQ(config.audit->sample_verified, 0.01);
  EXPECT_EQ(WarningsOf(docs::kFullExample, directory.path()), "");
}

TEST(Config, HasNoAuditLogByDefault) {
  EXPECT_FALSE(Good(docs::kSmallestExample).audit);
  const auto audit = Good(base::StrCat(docs::kSmallestExample,
                                       "audit: {sample_verified: 1}\n"))
                         .audit;
  ASSERT_TRUE(audit);
  EXPECT_FALSE(audit->file);
  EXPECT_FALSE(audit->subjects);
  EXPECT_THAT(ErrorsOf(base::StrCat(docs::kSmallestExample,
                                    "audit: {sample_verified: 2}\n")),
              ::testing::HasSubstr("audit.sample_verified: must be a decimal "
                                   "number from 0 to 1"));
}

TEST(Config, ReadsLimitsAndLevel) {
  const Config config = Good(
      WithOneIssuer("token_cache: {enabled: false, entries: 1024, bytes: 2MiB, "
                    "longest_life: 30s}\nmax_connection_age: 1h\n"
                    "max_connection_age_grace: 1m\nshutdown_delay: 5s\n"
                    "shutdown_grace: 0s\nlog: {level: error}\n"
                    "max_connections: 8\n"
                    "self_probe: {interval: 0s, timeout: 1s}\n"));
  EXPECT_EQ(config.max_connections, 8u);
  EXPECT_EQ(config.self_probe,
            (SelfProbe{absl::ZeroDuration(), absl::Seconds(1)}));
  EXPECT_FALSE(config.token_cache.enabled);
  EXPECT_EQ(config.token_cache.entries, 1024u);
  EXPECT_EQ(config.token_cache.bytes, size_t{2} << 20);
  EXPECT_EQ(config.token_cache.longest_life, absl::Seconds(30));
  EXPECT_EQ(config.connections,
            (ConnectionLife{absl::Hours(1), absl::Minutes(1)}));
  EXPECT_EQ(config.shutdown_delay, absl::Seconds(5));
  EXPECT_EQ(config.shutdown_grace, absl::ZeroDuration());
  EXPECT_EQ(config.log_level, base::LogLevel::kError);
}

TEST(Config, ReportsAllErrorsWithPathAndLine) {
  EXPECT_EQ(ErrorsOf("listen: 9443\n"
                     "log: {level: loud}\n"
                     "issuers:\n"
                     "- name: corp\n"
                     "  issuer: https://login.example.com\n"
                     "  audiences: []\n"
                     "- issuer: https://other.example.com\n"
                     "  audiences: [orders]\n"
                     "  clock_skew: 60\n"),
            "listen: must be IP:PORT, localhost:PORT or unix:PATH, such as "
            "127.0.0.1:9443, [::1]:9443 or unix:/run/usher.sock (line 1)\n"
            "log.level: must be debug, info, warning or error (line 2)\n"
            "issuers[0].audiences: must not be empty; an empty list never "
            "means \"any\" (line 6)\n"
            "issuers[1].clock_skew: needs a unit, such as 60s (line 9)\n"
            "issuers[1].name: is required (line 7)\n");
}

TEST(Config, SuggestsAKeyForAnUnknownOne) {
  EXPECT_EQ(ErrorsOfLine("lisen: 127.0.0.1:1"),
            "configuration: unknown key \"lisen\": did you mean listen? "
            "(line 5)\n");
  EXPECT_EQ(ErrorsOfLine("colour: red"),
            "configuration: unknown key \"colour\" (line 5)\n");
  EXPECT_EQ(ErrorsOfLine("log: {levle: info}"),
            "log: unknown key \"levle\": did you mean level? (line 5)\n");
  EXPECT_EQ(ErrorsOf(WithIssuerKeys("audience: [orders]")),
            "issuers[0]: unknown key \"audience\": did you mean audiences? "
            "(line 5)\n");
}

TEST(Config, RejectsDuplicateKeys) {
  EXPECT_EQ(ErrorsOfLine("log: {level: info}\nlog: {level: debug}"),
            "configuration: duplicate key \"log\" (line 6)\n");
  EXPECT_EQ(ErrorsOf(WithIssuerKeys("name: other")),
            "issuers[0]: duplicate key \"name\" (line 5)\n");
}

TEST(Config, RejectsMergeKeysAsUnknown) {
  EXPECT_EQ(ErrorsOfLine("<<: {log: {level: info}}"),
            "configuration: unknown key \"<<\" (line 5)\n");
}

TEST(Config, ShowsUnusualKeysOnOneShortLine) {
  const std::string errors =
      ErrorsOfLine(base::StrCat("\"a\\nb", std::string(900, 'x'), "\": 1"));
  EXPECT_THAT(errors, HasSubstr("unknown key \"a?bxxx"));
  EXPECT_LT(errors.size(), 200u);
}

TEST(Config, RejectsValuesOfTheWrongType) {
  EXPECT_EQ(ErrorsOfLine("tls: yes"),
            "tls: must be a mapping (key: value) (line 5)\n");
  EXPECT_EQ(ErrorsOfLine("listen: [a]"), "listen: must be text (line 5)\n");
  EXPECT_EQ(ErrorsOfLine("callers: orders"),
            "callers: must be a list, such as [one, other] (line 5)\n");
  EXPECT_EQ(ErrorsOfLine("callers: [orders]"),
            "callers[0]: must be a mapping (key: value) (line 5)\n");
  EXPECT_EQ(ErrorsOf("[]"),
            "configuration: must be a mapping (key: value) (line 1)\n");
  EXPECT_EQ(ErrorsOf("hello"),
            "configuration: must be a mapping (key: value) (line 1)\n");
}

TEST(Config, RejectsKeysWithoutAValue) {
  constexpr std::string_view kError =
      "has no value; omit the key to use the default (line 5)\n";
  for (const std::string_view key : {"tls", "listen", "log", "shutdown_grace",
                                     "callers", "insecure_allow_plaintext"}) {
    EXPECT_EQ(ErrorsOfLine(base::StrCat(key, ":")),
              base::StrCat(key, ": ", kError));
    EXPECT_EQ(ErrorsOfLine(base::StrCat(key, ": ~")),
              base::StrCat(key, ": ", kError));
  }
}

TEST(Config, RequiresIssuers) {
  EXPECT_EQ(ErrorsOf(""),
            "configuration: is empty; at least one issuer is required "
            "(line 1)\n");
  EXPECT_EQ(ErrorsOf("log: {level: info}\n"),
            "issuers: is required (line 1)\n");
  EXPECT_EQ(ErrorsOf("issuers: []\n"),
            "issuers: must not be empty; an empty list never means \"any\" "
            "(line 1)\n");
}

TEST(Config, AcceptsOnlyTrueAndFalseAsBooleans) {
  for (const std::string_view text : {"yes", "no", "True", "1"}) {
    EXPECT_EQ(ErrorsOfLine(base::StrCat("token_cache: {enabled: ", text, "}")),
              "token_cache.enabled: must be true or false (line 5)\n");
  }
  EXPECT_EQ(ErrorsOfLine("token_cache: {enabled: \"false\"}"),
            "token_cache.enabled: must be true or false, without quotes "
            "(line 5)\n");
}

TEST(Config, AcceptsOnlyDecimalNumbersWithinLimits) {
  for (const std::string_view text : {"017", "0x400", "1e3", "-5", "1024.0"}) {
    EXPECT_EQ(ErrorsOfLine(base::StrCat("token_cache: {entries: ", text, "}")),
              "token_cache.entries: must be a whole number in decimal digits "
              "(line 5)\n");
  }
  EXPECT_EQ(ErrorsOfLine("token_cache: {entries: 0}"),
            "token_cache.entries: must be 64 to 16777216 (line 5)\n");
  EXPECT_EQ(ErrorsOfLine("token_cache: {entries: 99999999999}"),
            "token_cache.entries: must be 64 to 16777216 (line 5)\n");
}

TEST(Config, AcceptsOnlySizesWithUnitsWithinLimits) {
  EXPECT_EQ(ErrorsOfLine("token_cache: {bytes: 1048576}"),
            "token_cache.bytes: must be a size with its unit, such as 64KiB, "
            "128MiB or 2GiB (line 5)\n");
  EXPECT_EQ(ErrorsOfLine("token_cache: {bytes: 1KiB}"),
            "token_cache.bytes: must be 1MiB to 64GiB (line 5)\n");
}

TEST(Config, AcceptsOnlyDurationsWithUnitsWithinLimits) {
  EXPECT_EQ(ErrorsOfLine("shutdown_grace: 10"),
            "shutdown_grace: needs a unit, such as 10s (line 5)\n");
  EXPECT_EQ(ErrorsOfLine("shutdown_grace: soon"),
            "shutdown_grace: must be a duration, such as 500ms, 60s, 5m, 24h "
            "or 1h30m (line 5)\n");
  EXPECT_EQ(ErrorsOfLine("shutdown_grace: 11m"),
            "shutdown_grace: must be 0s to 10m (line 5)\n");
  EXPECT_EQ(ErrorsOfLine("token_cache: {longest_life: 0s}"),
            "token_cache.longest_life: must be 1s to 1h (line 5)\n");
  EXPECT_EQ(ErrorsOfLine("max_connection_age: 0s"),
            "max_connection_age: must be 1s to 24h (line 5)\n");
}

TEST(Config, ReportsTheLineOfASyntaxError) {
  EXPECT_THAT(ErrorsOf("issuers:\n- name: [\n"), HasSubstr("configuration: "));
  EXPECT_THAT(ErrorsOf("issuers:\n\t- name: x\n"), HasSubstr("(line 2)\n"));
}

TEST(Config, LoadsAFileAndTheFilesBesideIt) {
  const Directory directory;
  directory.WriteFilesOfFullExample();
  const Loaded loaded = Load(directory.Write("usher.yaml", docs::kFullExample));
  EXPECT_THAT(loaded.errors, IsEmpty());
  ASSERT_TRUE(loaded.config);
}

TEST(Config, ReportsAFileThatCannotBeRead) {
  const Directory directory;
  EXPECT_THAT(
      Load(directory.path() + "/none.yaml").errors,
      ElementsAre(base::StrCat("configuration: cannot read ", directory.path(),
                               "/none.yaml: No such file or "
                               "directory")));
  EXPECT_THAT(Load(directory.path()).errors,
              ElementsAre(HasSubstr("not a regular file")));
  const std::string large =
      directory.Write("large.yaml", std::string((4 << 20) + 1, '#'));
  EXPECT_THAT(Load(large).errors, ElementsAre(HasSubstr("larger than")));
}

}  // namespace
}  // namespace usher::config

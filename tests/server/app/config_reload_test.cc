#include "server/app/config_reload.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <future>
#include <string>
#include <thread>
#include <vector>

#include "lib/base/text/strings.h"
#include "tests/server/net/tls_files.h"
#include "tests/server/rpc/service_fixture.h"

namespace usher::server {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

// A service that was started from a file, in which `corp` is as the harness has
// it.
struct Started {
  explicit Started(ServiceFixture::Options options = {}) : service(options) {
    corp = Issuer("corp", service.issuer,
                  options.keys_inline
                      ? base::StrCat("jwks: '", service.issuer.Jwks(), "'")
                      : base::StrCat("jwks_url: ", service.issuer.jwks_uri()));
    Write(corp);
    reload.emplace(
        Reload::Deps{service.active_config, service.engine, service.counters,
                     key_fetch_log, introspection_log, service.reloads, log},
        path, config::Load(path).files);
  }

  static std::string Issuer(const std::string& name,
                            const testing::TestIssuer& issuer,
                            const std::string& keys,
                            const std::string& audience = "orders") {
    return base::StrCat("- name: ", name, "\n  issuer: ", issuer.issuer(),
                        "\n  audiences: [", audience, "]\n  keys: {", keys,
                        "}\n");
  }
  void Write(const std::string& issuers, const std::string& more = "") {
    path = files.Write("usher.yaml", base::StrCat("issuers:\n", issuers, more));
  }
  std::string Ask(const std::string& token) {
    v1::VerifyResponse response;
    const grpc::Status status = service.Verify(Asking(token), response);
    if (!status.ok()) return ReasonOf(status);
    return response.has_verified()
               ? "VERIFIED"
               : v1::Reason_Name(response.denial().reason());
  }
  std::shared_ptr<const issuer::Registry> issuers() const {
    const auto active = service.active_config.Read();
    return active->issuers;
  }
  std::shared_ptr<const config::Config> config() const {
    const auto active = service.active_config.Read();
    return active->config;
  }
  std::vector<std::string> warnings() const {
    const auto active = service.active_config.Read();
    return active->warnings;
  }
  uint64_t generation() const { return issuers()->generation(); }

  TlsFiles files;
  std::string path;
  ServiceFixture service;
  testing::TestIssuer partner{service.clock,
                              {.issuer = "https://partner.test"}};
  std::string corp;
  std::vector<std::string> lines;
  base::Log log{service.clock, base::LogLevel::kInfo,
                [this](std::string_view line) { lines.emplace_back(line); }};
  KeyFetchLog key_fetch_log{log, service.clock, service.counters};
  IntrospectionLog introspection_log{log, service.clock, service.counters};
  std::optional<Reload> reload;
};

TEST(Reload, AppliesAChangedFile) {
  Started started;
  EXPECT_EQ(started.Ask(started.partner.Mint()), "ISSUER_UNKNOWN");
  started.Write(started.corp +
                Started::Issuer("partner", started.partner,
                                "jwks: '" + started.partner.Jwks() + "'"));
  started.reload->ApplyNow();
  EXPECT_EQ(started.generation(), 2u);
  EXPECT_EQ(started.Ask(started.partner.Mint()), "VERIFIED");
  EXPECT_EQ(started.Ask(started.service.issuer.Mint()), "VERIFIED");
  EXPECT_THAT(started.lines,
              ElementsAre(HasSubstr(
                  R"("event":"configuration_taken","cause":"signal",)"
                  R"("generation":2,"added":["issuers[partner]"]})")));
  const auto counts = started.service.reloads.Read();
  EXPECT_EQ(counts.applied, 1u);
  EXPECT_EQ(counts.refused, 0u);
  EXPECT_EQ(counts.last_applied, started.service.clock.Now());

  started.Write(Started::Issuer("partner", started.partner,
                                "jwks: '" + started.partner.Jwks() + "'",
                                "billing"));
  started.reload->ApplyNow();
  EXPECT_EQ(started.Ask(started.service.issuer.Mint()), "ISSUER_UNKNOWN");
  EXPECT_EQ(started.Ask(started.partner.Mint()), "AUDIENCE_MISMATCH");
  EXPECT_THAT(started.lines.back(),
              HasSubstr(R"("removed":["issuers[corp]"],)"
                        R"("changed":["issuers[partner].audiences"]})"));
}

TEST(Reload, KeepsTheOldOneAndLogsEveryError) {
  Started started;
  const auto before = started.issuers();
  started.Write(started.corp + started.corp, "lisen: x\n");
  started.service.clock.Advance(absl::Minutes(1));
  started.reload->ApplyNow();
  EXPECT_EQ(started.issuers(), before);
  EXPECT_EQ(started.Ask(started.service.issuer.Mint()), "VERIFIED");
  EXPECT_THAT(started.lines,
              ElementsAre(HasSubstr("unknown key \\\"lisen\\\""),
                          HasSubstr("issuers[1].name: is the same"),
                          HasSubstr("issuers[1].issuer: is the same"),
                          HasSubstr(R"("event":"configuration_refused",)"
                                    R"("cause":"signal","file":")")));
  EXPECT_THAT(started.lines[0],
              HasSubstr(R"("level":"error","event":"configuration_fault")"));
  const auto counts = started.service.reloads.Read();
  EXPECT_EQ(counts.refused, 1u);
  EXPECT_EQ(counts.errors, 3u);
  EXPECT_LT(counts.last_applied, started.service.clock.Now());
  EXPECT_THAT(started.service.reloads.Notes(),
              ElementsAre(HasSubstr("it has 3 errors")));

  started.Write(started.corp);
  started.reload->ApplyNow();
  EXPECT_EQ(started.service.reloads.Read().errors, 0u);
  EXPECT_THAT(started.service.reloads.Notes(), IsEmpty());
}

TEST(Reload, LogsWhatNeedsARestartAndAppliesTheRest) {
  Started started;
  started.Write(started.corp,
                "listen: 127.0.0.1:7000\nlog: {level: warning}\n");
  started.reload->ApplyNow();
  EXPECT_EQ(started.generation(), 2u);
  EXPECT_FALSE(started.log.Wants(base::LogLevel::kInfo));
  EXPECT_THAT(
      started.lines,
      ElementsAre(HasSubstr(R"("event":"restart_needed","keys":["listen"]})")));
  EXPECT_THAT(started.service.reloads.Read().at_restart, ElementsAre("listen"));
  EXPECT_THAT(started.service.reloads.Notes(),
              ElementsAre(HasSubstr("listen: ")));
  EXPECT_EQ(started.config()->listen, "127.0.0.1:9443");

  started.Write(started.corp);
  started.reload->ApplyNow();
  EXPECT_THAT(started.service.reloads.Read().at_restart, IsEmpty());
}

TEST(Reload, WarnsOnceOfANewInsecureSetting) {
  Started started;
  started.Write(started.corp + "  insecure_ignore_confirmation: true\n");
  started.reload->ApplyNow();
  started.reload->ApplyNow();
  int warned = 0;
  for (const std::string& line : started.lines) {
    warned += line.find(R"("event":"insecure")") != std::string::npos;
  }
  EXPECT_EQ(warned, 1);
  EXPECT_THAT(started.warnings(), SizeIs(1));
}

TEST(Reload, PollsUntilAChangedFileIsComplete) {
  Started started;
  for (int i = 0; i < 3; ++i) started.reload->Poll();
  EXPECT_EQ(started.generation(), 1u);
  EXPECT_THAT(started.lines, IsEmpty());
  started.Write(started.corp, "shutdown_grace: 1s\n");
  started.reload->Poll();
  EXPECT_EQ(started.generation(), 1u);
  while (started.generation() == 1) started.reload->Poll();
  EXPECT_THAT(started.lines, ElementsAre(HasSubstr(R"("cause":"file")")));
  EXPECT_EQ(started.config()->shutdown_grace, absl::Seconds(1));
  for (int i = 0; i < 3; ++i) started.reload->Poll();
  EXPECT_EQ(started.generation(), 2u);
}

TEST(Reload, ReadsAFileWithErrorsAgainWhenAnyOfItsFilesChanges) {
  Started started;
  const std::string keys = started.files.Write("keys.json", "nonsense");
  started.Write(started.corp + Started::Issuer("partner", started.partner,
                                               "jwks_file: keys.json"));
  const auto look_until = [&](uint64_t refused, uint64_t taken) {
    for (;;) {
      started.reload->Poll();
      const auto counts = started.service.reloads.Read();
      if (counts.refused == refused && counts.applied == taken) return;
    }
  };
  look_until(1, 0);
  const size_t logged = started.lines.size();
  for (int i = 0; i < 5; ++i) started.reload->Poll();
  EXPECT_THAT(started.lines, SizeIs(logged));
  started.files.Write("keys.json", started.partner.Jwks());
  look_until(1, 1);
  EXPECT_EQ(started.Ask(started.partner.Mint()), "VERIFIED");
}

TEST(Reload, AppliesAFileThatReplacesARemovedOne) {
  Started started;
  std::filesystem::remove(started.path);
  while (started.service.reloads.Read().refused == 0) started.reload->Poll();
  EXPECT_THAT(started.lines, Contains(HasSubstr("cannot read ")));
  EXPECT_EQ(started.Ask(started.service.issuer.Mint()), "VERIFIED");
  started.Write(started.corp);
  while (started.service.reloads.Read().applied == 0) started.reload->Poll();
  EXPECT_EQ(started.Ask(started.service.issuer.Mint()), "VERIFIED");
}

TEST(Reload, KeepsTheKeysOfAnIssuerWhoseAudiencesChange) {
  Started started({.keys_inline = false});
  started.service.http.Answer(started.service.issuer.jwks_uri(),
                              started.service.issuer.Jwks());
  started.service.http.Deliver();
  ASSERT_EQ(started.Ask(started.service.issuer.Mint()), "VERIFIED");
  started.Write(Started::Issuer(
      "corp", started.service.issuer,
      "jwks_url: " + started.service.issuer.jwks_uri(), "orders, billing"));
  started.reload->ApplyNow();
  // From memory: nothing more is delivered.
  EXPECT_EQ(started.Ask(started.service.issuer.Mint(
                {.claims = R"({"aud":"orders","n":1})"})),
            "");  // INVALID_ARGUMENT: which of the two audiences?
  v1::VerifyRequest request = Asking(started.service.issuer.Mint());
  request.add_audiences("orders");
  v1::VerifyResponse response;
  ASSERT_TRUE(started.service.Verify(request, response).ok());
  EXPECT_TRUE(response.has_verified());
  EXPECT_EQ(started.service.http.count(started.service.issuer.jwks_uri()), 1);
}

// It began while `corp` was configured: the new configuration does not apply to
// it.
TEST(Reload, VerifiesAWaitingRequestWithTheConfigurationItBeganWith) {
  Started started({.keys_inline = false});
  started.service.http.Answer(started.service.issuer.jwks_uri(),
                              started.service.issuer.Jwks());
  const std::string token = started.service.issuer.Mint();
  auto waiting =
      std::async(std::launch::async, [&] { return started.Ask(token); });
  while (started.service.waiting_limit.in_use() == 0) std::this_thread::yield();
  started.Write(Started::Issuer("partner", started.partner,
                                "jwks: '" + started.partner.Jwks() + "'"));
  started.reload->ApplyNow();
  EXPECT_EQ(started.Ask(token), "ISSUER_UNKNOWN");
  // The permit is acquired just before the wait begins.
  while (waiting.wait_for(std::chrono::seconds(0)) !=
         std::future_status::ready) {
    started.service.http.Deliver();
    std::this_thread::yield();
  }
  EXPECT_EQ(waiting.get(), "VERIFIED");
}

TEST(Reload, KeepsTheCountsOfIssuersThatStayAndDropsTheOthers) {
  Started started;
  started.Ask(started.service.issuer.Mint());
  const std::string partner = Started::Issuer(
      "partner", started.partner, "jwks: '" + started.partner.Jwks() + "'");
  started.Write(started.corp + partner);
  started.reload->ApplyNow();
  started.Ask(started.service.issuer.Mint());
  started.Ask(started.partner.Mint());
  const Counters& counters = started.service.counters;
  EXPECT_EQ(counters.verdicts.count("corp", std::nullopt), 2u);
  EXPECT_EQ(counters.verdicts.count("partner", std::nullopt), 1u);
  // The fetch at its start counts too.
  EXPECT_EQ(counters.fetches.count("partner", jwks::Trigger::kStartup,
                                   FetchResult::kOk),
            1u);
  started.Write(started.corp);
  started.reload->ApplyNow();
  EXPECT_EQ(counters.verdicts.count("corp", std::nullopt), 2u);
  EXPECT_THAT(counters.issuer_names(), ElementsAre("corp"));
}

}  // namespace
}  // namespace usher::server

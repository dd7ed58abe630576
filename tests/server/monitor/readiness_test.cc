#include "server/monitor/readiness.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/server/rpc/service_fixture.h"

namespace usher::server {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

struct Watched {
  explicit Watched(bool keys_inline)
      : service({.keys_inline = keys_inline}),
        log(service.clock, base::LogLevel::kInfo,
            [this](std::string_view line) { written += line; }) {}

  std::string written;
  ServiceFixture service;
  base::Log log;
  std::vector<bool> notified;  // in order
  Readiness readiness{service.active_config, service.clock, log,
                      [this](bool serving) { notified.push_back(serving); }};
};

TEST(Readiness, IsServingAtOnceWithInlineKeys) {
  Watched watched(true);
  EXPECT_TRUE(watched.readiness.Update().serving());
  EXPECT_THAT(watched.readiness.Update().WhyNot(), IsEmpty());
  EXPECT_THAT(watched.written, HasSubstr(R"("event":"issuer_ready")"));
}

TEST(Readiness, WaitsForTheKeysOfARequiredIssuer) {
  Watched watched(false);
  watched.service.http.Answer(watched.service.issuer.jwks_uri(),
                              watched.service.issuer.Jwks());
  EXPECT_FALSE(watched.readiness.Update().serving());
  EXPECT_THAT(watched.readiness.Update().WhyNot(), HasSubstr("corp"));
  EXPECT_THAT(watched.written, HasSubstr(R"("event":"not_serving",)"
                                         R"("awaited":["corp"],)"
                                         R"("awaited_total":1})"));
  EXPECT_THAT(watched.written, Not(HasSubstr("issuer_ready")));
  watched.service.http.Deliver();
  EXPECT_TRUE(watched.readiness.Update().serving());
  EXPECT_THAT(watched.written, HasSubstr(R"("issuer":"corp")"));
}

TEST(Readiness, EndsWhenTheKeysAreTooOld) {
  Watched watched(false);
  watched.service.http.Answer(watched.service.issuer.jwks_uri(),
                              watched.service.issuer.Jwks());
  watched.service.http.Deliver();
  ASSERT_TRUE(watched.readiness.Update().serving());
  watched.service.clock.Advance(absl::Hours(10));
  EXPECT_FALSE(watched.readiness.Update().serving());
  EXPECT_THAT(watched.written, HasSubstr(R"("event":"issuer_not_ready")"));
}

TEST(Readiness, UpdatesHealthBeforeItReturns) {
  Watched watched(false);
  watched.service.http.Answer(watched.service.issuer.jwks_uri(),
                              watched.service.issuer.Jwks());
  EXPECT_FALSE(watched.readiness.Update().serving());
  EXPECT_THAT(watched.notified, ElementsAre(false));
  watched.service.http.Deliver();
  EXPECT_THAT(watched.notified, ElementsAre(false));
  EXPECT_TRUE(watched.readiness.Update().serving());
  EXPECT_THAT(watched.notified, ElementsAre(false, true));
  EXPECT_TRUE(watched.readiness.Update().serving());
  EXPECT_THAT(watched.notified, ElementsAre(false, true));
}

TEST(Readiness, UpdatesHealthAtOnceWhenItDrains) {
  Watched watched(true);
  ASSERT_TRUE(watched.readiness.Update().serving());
  watched.readiness.Drain();
  EXPECT_THAT(watched.notified, ElementsAre(true, false));
  EXPECT_FALSE(watched.readiness.Update().serving());
  EXPECT_THAT(watched.notified, ElementsAre(true, false));
}

TEST(Readiness, LogsEachChangeOnce) {
  Watched watched(true);
  for (int i = 0; i < 3; ++i) watched.readiness.Update();
  const size_t first = watched.written.find("issuer_ready");
  EXPECT_EQ(watched.written.find("issuer_ready", first + 1), std::string::npos);
}

issuer::Config NewIssuer() {
  issuer::Config config;
  config.name = "new";
  config.issuer = "https://new.test";
  config.audiences = {"orders"};
  config.keys = jwks::JwksUrl{"https://new.test/jwks"};
  return config;
}

// What a reload does.
void Add(Watched& watched, issuer::Config issuer) {
  const auto active = watched.service.active_config.Read();
  config::Config config = *active->config;
  config.issuers.push_back(std::move(issuer));
  watched.service.Apply(
      std::make_shared<const config::Config>(std::move(config)));
}

TEST(Readiness, CountsANewIssuerFromWhenItHasHadKeys) {
  Watched watched(true);
  ASSERT_TRUE(watched.readiness.Update().serving());
  Add(watched, NewIssuer());
  EXPECT_TRUE(watched.readiness.Update().serving());
  EXPECT_THAT(watched.readiness.Update().WhyNot(), IsEmpty());
  EXPECT_THAT(watched.written, Not(HasSubstr(R"("issuer":"new")")));

  watched.service.http.Answer("https://new.test/jwks",
                              watched.service.issuer.Jwks());
  watched.service.http.Deliver();
  EXPECT_TRUE(watched.readiness.Update().serving());
  EXPECT_THAT(watched.written,
              HasSubstr(R"("event":"issuer_ready","issuer":"new")"));
  watched.service.clock.Advance(absl::Hours(10));
  EXPECT_FALSE(watched.readiness.Update().serving());
  EXPECT_THAT(watched.readiness.Update().WhyNot(), HasSubstr("new"));
  EXPECT_THAT(watched.written,
              HasSubstr(R"("event":"issuer_not_ready","issuer":"new")"));
}

TEST(Readiness, WaitsForAllIssuersUntilFirstReady) {
  Watched watched(false);
  EXPECT_FALSE(watched.readiness.Update().serving());
  Add(watched, NewIssuer());
  watched.service.http.Answer(watched.service.issuer.jwks_uri(),
                              watched.service.issuer.Jwks());
  watched.service.http.Deliver();
  EXPECT_FALSE(watched.readiness.Update().serving());
  EXPECT_THAT(watched.readiness.Update().WhyNot(), HasSubstr("new"));
}

TEST(Readiness, EndsForEverWithDraining) {
  Watched watched(true);
  watched.readiness.Drain();
  EXPECT_FALSE(watched.readiness.Update().serving());
  EXPECT_EQ(watched.readiness.Update().WhyNot(), "draining");
  EXPECT_THAT(watched.written, Not(HasSubstr("issuer_not_ready")));
}

}  // namespace
}  // namespace usher::server

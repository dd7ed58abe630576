#include "server/monitor/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "server/monitor/monitor_endpoint.h"
#include "tests/server/rpc/service_fixture.h"

namespace usher::server {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string Page(const Harness& service) {
  const auto active = service.active_config.Read();
  return RenderMetrics({.counters = service.counters,
                        .issuers = *active->issuers,
                        .token_cache = service.engine.token_cache().counts(),
                        .waiting_limit = service.waiting_limit,
                        .batch_limit = service.batch_limit,
                        .reloads = service.reloads.Read(),
                        .audit = nullptr,
                        .certificates = {},
                        .ready = true,
                        .now = service.clock.Now()});
}

TEST(Metrics, TellEveryNameInTheTable) {
  Harness service;
  const std::string page = Page(service);
  for (const MetricRow& row : MetricRows()) {
    EXPECT_THAT(page, HasSubstr(std::string("# TYPE ") + row.name + " " +
                                row.type + "\n"));
    EXPECT_THAT(row.name, ::testing::StartsWith("usher_"));
  }
}

TEST(Metrics, CountVerdictsByIssuerAndResult) {
  Harness service;
  service.counters.OnVerdict("corp", std::nullopt,
                             verify::VerdictSource::kCache, false,
                             absl::Microseconds(5));
  service.counters.OnVerdict("corp", Reason::kTokenExpired,
                             verify::VerdictSource::kLocal, true,
                             absl::Microseconds(60));
  const std::string page = Page(service);
  EXPECT_THAT(
      page,
      HasSubstr(R"(usher_verdicts_total{issuer="corp",result="VERIFIED"} 1)"));
  EXPECT_THAT(
      page,
      HasSubstr(
          R"(usher_verdicts_total{issuer="corp",result="TOKEN_EXPIRED"} 1)"));
  EXPECT_THAT(page,
              HasSubstr(R"(usher_stale_keys_served_total{issuer="corp"} 1)"));
  EXPECT_THAT(page, HasSubstr(R"(usher_verify_duration_seconds_bucket)"
                              R"({path="cache",le="1e-05"} 1)"));
}

TEST(Metrics, TakeEveryReason) {
  Harness service;
  for (const ReasonInfo& row : Reasons()) {
    service.counters.OnVerdict("corp", row.reason,
                               verify::VerdictSource::kLocal, false,
                               absl::ZeroDuration());
    EXPECT_THAT(Page(service),
                HasSubstr("result=\"" + std::string(row.name) + "\"} 1"));
  }
}

TEST(Metrics, MakeNoSeriesOfANameThatIsNotConfigured) {
  Harness service;
  service.counters.OnVerdict("https://evil.example", std::nullopt,
                             verify::VerdictSource::kLocal, false,
                             absl::ZeroDuration());
  const std::string page = Page(service);
  EXPECT_THAT(page, Not(HasSubstr("evil")));
  EXPECT_THAT(
      page,
      HasSubstr(R"(usher_verdicts_total{issuer="",result="VERIFIED"} 1)"));
}

TEST(Metrics, TellOfKeysAsTheyAreNow) {
  Harness service;
  std::string page = Page(service);
  EXPECT_THAT(page, HasSubstr(R"(usher_issuer_ready{issuer="corp"} 1)"));
  EXPECT_THAT(page, HasSubstr(R"(usher_key_set_keys{issuer="corp"} 1)"));
  EXPECT_THAT(page, HasSubstr("usher_configuration_generation 1\n"));
}

TEST(Metrics, TellUntilWhenKeysServeUnlessTheyDoForEver) {
  Harness inline_keys;
  EXPECT_THAT(Page(inline_keys), Not(HasSubstr("_until_timestamp_seconds{")));
  Harness none_yet({.keys_inline = false});
  const std::string page = Page(none_yet);
  EXPECT_THAT(page, HasSubstr(R"(usher_issuer_ready{issuer="corp"} 0)"));
  EXPECT_THAT(page, Not(HasSubstr("_until_timestamp_seconds{")));
}

TEST(Metrics, ShowUndecidedVerdictsOfAnIssuerBeforeTheFirst) {
  Harness service;
  EXPECT_THAT(Page(service),
              HasSubstr(R"({issuer="corp",result="KEYS_UNAVAILABLE"} 0)"));
}

TEST(Metrics, TellWhoWaitsAndWhoFoundNoSeat) {
  Harness service;
  const AdmissionLimit::Seat seat = service.batch_limit.Take();
  std::vector<AdmissionLimit::Seat> taken;
  while (AdmissionLimit::Seat next = service.waiting_limit.Take()) {
    taken.push_back(next);
  }
  const std::string page = Page(service);
  EXPECT_THAT(page, HasSubstr("usher_waiting_requests{queue=\"batches\"} 1\n"));
  EXPECT_THAT(page, HasSubstr("usher_waiting_requests{queue=\"keys\"} " +
                              std::to_string(taken.size()) + "\n"));
  EXPECT_THAT(page, HasSubstr("usher_waiting_requests_limit{queue=\"keys\"} " +
                              std::to_string(taken.size()) + "\n"));
  EXPECT_THAT(page, HasSubstr("usher_overloaded_total{queue=\"keys\"} 1\n"));
  EXPECT_THAT(page, HasSubstr("usher_overloaded_total{queue=\"batches\"} 0\n"));
}

TEST(Metrics, CountFetchesByTriggerAndResult) {
  Harness service;
  service.counters.OnFetch("corp", jwks::Trigger::kUnknownKid,
                           absl::UnavailableError("down"), absl::Seconds(1));
  EXPECT_THAT(Page(service),
              HasSubstr(R"(usher_key_set_fetches_total{issuer="corp",)"
                        R"(trigger="unknown_kid",result="failed"} 1)"));
}

TEST(Metrics, CountRequestsByMethodAndCode) {
  Harness service;
  service.counters.OnBegun();
  service.counters.OnEnded(Rpc::kVerify, grpc::StatusCode::UNAVAILABLE,
                           absl::Milliseconds(3));
  const std::string page = Page(service);
  EXPECT_THAT(
      page,
      HasSubstr(
          R"(usher_requests_total{method="Verify",code="UNAVAILABLE"} 1)"));
  EXPECT_THAT(page, HasSubstr(R"(usher_request_duration_seconds_count)"
                              R"({method="Verify"} 1)"));
  EXPECT_THAT(page, HasSubstr("usher_in_flight_requests 0\n"));
}

TEST(Metrics, NeverRepeatASeries) {
  Harness service;
  std::istringstream page(Page(service));
  std::set<std::string> seen;
  for (std::string line; std::getline(page, line);) {
    if (line.starts_with("#")) continue;
    EXPECT_TRUE(seen.insert(line.substr(0, line.rfind(' '))).second) << line;
  }
  EXPECT_GT(seen.size(), 100u);
}

TEST(LatencyHistogram, PutEachDurationUnderItsBound) {
  LatencyHistogram timings;
  timings.Observe(absl::Microseconds(10));  // a bound is inclusive
  timings.Observe(absl::Microseconds(11));
  timings.Observe(absl::Minutes(1));   // above them all
  timings.Observe(-absl::Seconds(1));  // a clock set back
  EXPECT_EQ(timings.count(0), 2u);
  EXPECT_EQ(timings.count(1), 1u);
  EXPECT_EQ(timings.count(LatencyHistogram::kBounds.size()), 1u);
  EXPECT_NEAR(timings.sum_seconds(), 60.000021, 1e-6);
}

struct Monitor {
  httpd::Response Ask(const std::string& method, const std::string& path) {
    httpd::Request request;
    request.method = method;
    request.path = path;
    return AnswerMonitor(
        {service.counters, service.active_config, service.engine.token_cache(),
         service.clock, readiness, service.waiting_limit, service.batch_limit,
         service.reloads, nullptr, certificates},
        request);
  }
  explicit Monitor(Harness::Options options = {}) : service(options) {}

  Harness service;
  base::Log log{service.clock, base::LogLevel::kError, [](std::string_view) {}};
  std::vector<std::shared_ptr<Certificates>> certificates;
  Readiness readiness{service.active_config, service.clock, log, [](bool) {}};
};

TEST(MetricsEndpoint, ServesMetricsAndHealthAndNothingElse) {
  Monitor monitor;
  const httpd::Response metrics = monitor.Ask("GET", "/metrics");
  EXPECT_EQ(metrics.status, 200);
  EXPECT_EQ(metrics.content_type, kMetricsContentType);
  EXPECT_THAT(metrics.body, HasSubstr("usher_build_info{version=\""));
  EXPECT_EQ(monitor.Ask("HEAD", "/livez").status, 200);
  EXPECT_EQ(monitor.Ask("GET", "/readyz").body, "ready\n");
  for (const char* path : {"/", "/metrics/", "/METRICS", "/debug", ""}) {
    EXPECT_EQ(monitor.Ask("GET", path).status, 404) << path;
  }
  for (const char* method : {"POST", "PUT", "DELETE", "OPTIONS", "get"}) {
    EXPECT_EQ(monitor.Ask(method, "/metrics").status, 405) << method;
  }
}

TEST(MetricsEndpoint, NamesTheIssuersThatAreNotReady) {
  Monitor monitor({.keys_inline = false});
  const httpd::Response ready = monitor.Ask("GET", "/readyz");
  EXPECT_EQ(ready.status, 503);
  EXPECT_EQ(ready.body, "not ready: no usable keys yet for: corp\n");
  EXPECT_EQ(monitor.Ask("GET", "/livez").status, 200);
}

TEST(MetricsEndpoint, SaysThatItDrains) {
  Monitor monitor;
  monitor.readiness.Drain();
  EXPECT_EQ(monitor.Ask("GET", "/readyz").status, 503);
  EXPECT_EQ(monitor.Ask("GET", "/readyz").body, "not ready: draining\n");
}

}  // namespace
}  // namespace usher::server

#include "server/monitor/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/monitor/monitor_endpoint.h"
#include "tests/lib/httpd/response_of.h"
#include "tests/server/monitor/monitor_fixture.h"

namespace usher::server {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string Page(Monitored& monitored) {
  return RenderMetrics(monitored.sources());
}

TEST(Metrics, HaveTheNamesTypesAndHelpTextsOfTheirDeclarations) {
  Monitored monitored;
  const std::string page = Page(monitored);
  const std::string table = MetricsTable();
  for (const MetricInfo& info : AllMetrics()) {
    const std::string name(info.name);
    const std::string help(info.help);
    EXPECT_THAT(page, HasSubstr("# HELP " + name + " " + help + "\n"));
    EXPECT_THAT(page, HasSubstr("# TYPE " + name + " "));
    EXPECT_THAT(table, HasSubstr("| `" + name + "` | "));
    EXPECT_THAT(name, ::testing::StartsWith("usher_"));
    EXPECT_EQ(info.type == MetricType::kCounter, name.ends_with("_total"));
  }
}

TEST(Metrics, HaveOneDeclarationEach) {
  std::set<std::string_view> names;
  for (const MetricInfo& info : AllMetrics()) {
    EXPECT_TRUE(names.insert(info.name).second) << info.name;
  }
}

TEST(Metrics, CountVerdictsByIssuerAndResult) {
  Monitored monitored;
  ServiceFixture& service = monitored.service;
  service.counters.OnVerdict("corp", std::nullopt,
                             verify::VerdictSource::kCache, false,
                             absl::Microseconds(5));
  service.counters.OnVerdict("corp", Reason::kTokenExpired,
                             verify::VerdictSource::kLocal, true,
                             absl::Microseconds(60));
  const std::string page = Page(monitored);
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

TEST(Metrics, CountEveryReason) {
  Monitored monitored;
  ServiceFixture& service = monitored.service;
  for (const ReasonInfo& row : Reasons()) {
    service.counters.OnVerdict("corp", row.reason,
                               verify::VerdictSource::kLocal, false,
                               absl::ZeroDuration());
    EXPECT_THAT(Page(monitored),
                HasSubstr("result=\"" + std::string(row.name) + "\"} 1"));
  }
}

TEST(Metrics, MakeNoSeriesForAnUnconfiguredName) {
  Monitored monitored;
  ServiceFixture& service = monitored.service;
  service.counters.OnVerdict("https://evil.example", std::nullopt,
                             verify::VerdictSource::kLocal, false,
                             absl::ZeroDuration());
  const std::string page = Page(monitored);
  EXPECT_THAT(page, Not(HasSubstr("evil")));
  EXPECT_THAT(
      page,
      HasSubstr(R"(usher_verdicts_total{issuer="",result="VERIFIED"} 1)"));
}

TEST(Metrics, ShowTheKeysInUseNow) {
  Monitored monitored;
  std::string page = Page(monitored);
  EXPECT_THAT(page, HasSubstr(R"(usher_issuer_ready{issuer="corp"} 1)"));
  EXPECT_THAT(page, HasSubstr(R"(usher_key_set_keys{issuer="corp"} 1)"));
  EXPECT_THAT(page, HasSubstr("usher_configuration_generation 1\n"));
}

TEST(Metrics, ShowWhenKeysExpireUnlessTheyNeverDo) {
  Monitored inline_keys;
  EXPECT_THAT(Page(inline_keys), Not(HasSubstr("_until_timestamp_seconds{")));
  Monitored none_yet({.keys_inline = false});
  const std::string page = Page(none_yet);
  EXPECT_THAT(page, HasSubstr(R"(usher_issuer_ready{issuer="corp"} 0)"));
  EXPECT_THAT(page, Not(HasSubstr("_until_timestamp_seconds{")));
}

TEST(Metrics, ShowUndecidedVerdictsOfAnIssuerBeforeTheFirst) {
  Monitored monitored;
  EXPECT_THAT(Page(monitored),
              HasSubstr(R"({issuer="corp",result="KEYS_UNAVAILABLE"} 0)"));
}

TEST(Metrics, CountWaitingAndOverloadedRequests) {
  Monitored monitored;
  ServiceFixture& service = monitored.service;
  const auto batch = service.batch_limit.TryAcquire({"", "", 5000});
  std::vector<Permit> taken;
  while (auto permit = service.waiting_limit.TryAcquire({"", "corp", 100})) {
    taken.push_back(*std::move(permit));
  }
  const std::string page = Page(monitored);
  EXPECT_THAT(page, HasSubstr("usher_waiting_requests{queue=\"batches\"} 1\n"));
  EXPECT_THAT(page, HasSubstr("usher_waiting_requests{queue=\"keys\"} " +
                              std::to_string(taken.size()) + "\n"));
  EXPECT_THAT(
      page, HasSubstr("usher_waiting_requests_limit{queue=\"keys\"} " +
                      std::to_string(service.waiting_limit.limits().requests) +
                      "\n"));
  EXPECT_THAT(page, HasSubstr("usher_waiting_bytes{queue=\"batches\"} 5000\n"));
  EXPECT_THAT(
      page,
      HasSubstr("usher_waiting_bytes_limit{queue=\"keys\"} " +
                std::to_string(service.waiting_limit.limits().bytes) + "\n"));
  EXPECT_THAT(page, HasSubstr("usher_overloaded_total{queue=\"keys\","
                              "bound=\"issuer\"} 1\n"));
  EXPECT_THAT(page, HasSubstr("usher_overloaded_total{queue=\"batches\","
                              "bound=\"bytes\"} 0\n"));
}

TEST(Metrics, CountFetchesByTriggerAndResult) {
  Monitored monitored;
  ServiceFixture& service = monitored.service;
  service.counters.OnFetch("corp", jwks::Trigger::kUnknownKid,
                           absl::UnavailableError("down"), absl::Seconds(1));
  EXPECT_THAT(Page(monitored),
              HasSubstr(R"(usher_key_set_fetches_total{issuer="corp",)"
                        R"(trigger="unknown_kid",result="failed"} 1)"));
}

TEST(Metrics, CountRequestsByMethodAndCode) {
  Monitored monitored;
  ServiceFixture& service = monitored.service;
  service.counters.OnBegun();
  service.counters.OnEnded(Rpc::kVerify, grpc::StatusCode::UNAVAILABLE,
                           absl::Milliseconds(3));
  const std::string page = Page(monitored);
  EXPECT_THAT(
      page,
      HasSubstr(
          R"(usher_requests_total{method="Verify",code="UNAVAILABLE"} 1)"));
  EXPECT_THAT(page, HasSubstr(R"(usher_request_duration_seconds_count)"
                              R"({method="Verify"} 1)"));
  EXPECT_THAT(page, HasSubstr("usher_in_flight_requests 0\n"));
}

TEST(Metrics, NeverRepeatASeries) {
  Monitored monitored;
  std::istringstream page(Page(monitored));
  std::set<std::string> seen;
  for (std::string line; std::getline(page, line);) {
    if (line.starts_with("#")) continue;
    EXPECT_TRUE(seen.insert(line.substr(0, line.rfind(' '))).second) << line;
  }
  EXPECT_GT(seen.size(), 100u);
}

TEST(LatencyHistogram, PutsEachDurationInItsBucket) {
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

struct Monitor : Monitored {
  using Monitored::Monitored;

  httpd::Response Ask(const std::string& method, const std::string& path) {
    httpd::Request request;
    request.method = method;
    request.path = path;
    return httpd::ResponseOf(
        MonitorRoutes(sources(), std::make_shared<base::InlineExecutor>()),
        std::move(request));
  }
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

TEST(MetricsEndpoint, ReportsDraining) {
  Monitor monitor;
  monitor.readiness.Drain();
  EXPECT_EQ(monitor.Ask("GET", "/readyz").status, 503);
  EXPECT_EQ(monitor.Ask("GET", "/readyz").body, "not ready: draining\n");
}

// Runs work when the test says so.
class HeldExecutor final : public base::Executor {
 public:
  void Run(absl::AnyInvocable<void()> work) override {
    held.push_back(std::move(work));
  }
  std::vector<absl::AnyInvocable<void()>> held;
};

TEST(MetricsEndpoint, AnswersProbesWhileAPageIsDueThatManyRequestsShare) {
  Monitored monitored;
  const auto executor = std::make_shared<HeldExecutor>();
  const httpd::Router routes = MonitorRoutes(monitored.sources(), executor);
  std::vector<std::string> pages;
  for (int i = 0; i < 3; ++i) {
    routes({.method = "GET", .path = "/metrics"},
           [&](httpd::Response response) { pages.push_back(response.body); });
  }
  EXPECT_EQ(
      httpd::ResponseOf(routes, {.method = "GET", .path = "/livez"}).status,
      200);
  EXPECT_TRUE(pages.empty());
  ASSERT_EQ(executor->held.size(), 1u);
  executor->held[0]();
  ASSERT_EQ(pages.size(), 3u);
  EXPECT_THAT(pages[2], HasSubstr("usher_library_info{library=\"gRPC\""));
  // A later request gets a later page.
  routes({.method = "GET", .path = "/metrics"},
         [&](httpd::Response response) { pages.push_back(response.body); });
  EXPECT_EQ(executor->held.size(), 2u);
}

}  // namespace
}  // namespace usher::server

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <sstream>

#include "lib/base/text/strings.h"
#include "usher/guard_prometheus.h"

namespace usher {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using enum GuardObserver::Outcome;

std::string PageOf(const prometheus::Registry& registry) {
  return prometheus::TextSerializer().Serialize(registry.Collect());
}

TEST(PrometheusObserver, CountsCallsByResultReasonAndSource) {
  prometheus::Registry registry;
  const auto observer = PrometheusObserver(registry);
  for (int i = 0; i < 3; ++i) observer->OnCall({.outcome = kAdmitted});
  observer->OnCall({.outcome = kAdmitted,
                    .asked_verifier = true,
                    .waited = absl::Milliseconds(30)});
  observer->OnCall({.outcome = kRefused, .reason = Reason::kTokenExpired});
  observer->OnUndecided({.cause = Undecided::Cause::kNotAllowed});
  const std::string page = PageOf(registry);
  const std::string calls = "usher_guard_calls_total{reason=";
  for (const std::string& line :
       {calls + R"("",result="admitted",source="memory"} 3)",
        calls + R"("",result="admitted",source="usherd"} 1)",
        calls + R"("TOKEN_EXPIRED",result="refused",source="memory"} 1)",
        std::string(R"(usher_guard_undecided_total{cause="NOT_ALLOWED"} 1)"),
        std::string("usher_guard_wait_seconds_count 1"),
        std::string(R"(usher_guard_wait_seconds_bucket{le="0.05"} 1)"),
        std::string(R"(usher_guard_wait_seconds_bucket{le="0.025"} 0)")}) {
    EXPECT_THAT(page, HasSubstr(line));
  }
  EXPECT_THAT(page, Not(HasSubstr("undecided\",source")));
}

TEST(PrometheusObserver, CountsRefreshesByResult) {
  using enum GuardObserver::RefreshResult;
  prometheus::Registry registry;
  const auto observer = PrometheusObserver(registry);
  for (const auto result : {kVerified, kVerified, kDenied, kUndecided}) {
    observer->OnRefresh(result);
  }
  const std::string page = PageOf(registry);
  constexpr std::string_view kName = "usher_guard_refreshes_total{result=";
  for (const char* line :
       {R"("verified"} 2)", R"("denied"} 1)", R"("undecided"} 1)"}) {
    EXPECT_THAT(page, HasSubstr(base::StrCat(kName, line)));
  }
}

TEST(PrometheusObserver, CountsReloadsOfThePolicy) {
  prometheus::Registry registry;
  const auto observer = PrometheusObserver(registry);
  constexpr std::string_view kName = "usher_guard_policy_reloads_total";
  EXPECT_THAT(PageOf(registry),
              HasSubstr(base::StrCat(kName, R"({result="failed"} 0)")))
      << "alerts need the series before the first failure";
  observer->OnPolicyReload(absl::OkStatus());
  observer->OnPolicyReload(absl::InvalidArgumentError("faulty"));
  observer->OnPolicyReload(absl::InvalidArgumentError("faulty"));
  EXPECT_THAT(PageOf(registry),
              HasSubstr(base::StrCat(kName, R"({result="ok"} 1)")));
  EXPECT_THAT(PageOf(registry),
              HasSubstr(base::StrCat(kName, R"({result="failed"} 2)")));
}

TEST(PrometheusObserver, HasACounterForEveryReason) {
  prometheus::Registry registry;
  const auto observer = PrometheusObserver(registry);
  for (const ReasonInfo& row : Reasons()) {
    observer->OnCall({.outcome = row.undecided ? kUndecided : kRefused,
                      .reason = row.reason});
  }
  const std::string page = PageOf(registry);
  for (const ReasonInfo& row : Reasons()) {
    const std::string name(row.name);
    EXPECT_THAT(page, HasSubstr("reason=\"" + name + "\"")) << name;
  }
}

}  // namespace
}  // namespace usher

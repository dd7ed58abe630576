#include "server/monitor/monitor_endpoint.h"

#include <array>
#include <string_view>

#include "lib/base/strings.h"
#include "server/monitor/metrics.h"
#include "server/net/http_listener.h"

namespace usher::server {
namespace {

using httpd::Request;
using httpd::Response;

Response Metrics(const Sources& sources) {
  return {.content_type = kMetricsContentType, .body = RenderMetrics(sources)};
}

Response Live(const Sources&) { return {.body = "ok\n"}; }

Response Ready(const Sources& sources) {
  const std::string why_not = sources.readiness.Update().WhyNot();
  if (why_not.empty()) return {.body = "ready\n"};
  return {.status = 503, .body = base::StrCat("not ready: ", why_not, "\n")};
}

struct Route {
  std::string_view path;
  Response (*answer)(const Sources&);
};
constexpr auto kRoutes = std::to_array<Route>(
    {{"/metrics", Metrics}, {"/livez", Live}, {"/readyz", Ready}});

}  // namespace

Response AnswerMonitor(const Sources& sources, const Request& request) {
  for (const Route& route : kRoutes) {
    if (route.path != request.path) continue;
    if (request.method != "GET" && request.method != "HEAD") {
      return {.status = 405,
              .body = "only GET and HEAD\n",
              .headers = {{"Allow", "GET, HEAD"}}};
    }
    return route.answer(sources);
  }
  return {.status = 404, .body = "only /metrics, /livez and /readyz\n"};
}

absl::StatusOr<std::unique_ptr<httpd::Server>> ServeMetrics(
    const std::string& address, const Sources& sources) {
  // Probes must be answered while hundreds of idle clients are connected.
  return ListenForHttp(
      {.listen = address, .max_connections = 1024, .timeout = absl::Seconds(5)},
      "metrics.listen", [sources](const Request& request) {
        return AnswerMonitor(sources, request);
      });
}

}  // namespace usher::server

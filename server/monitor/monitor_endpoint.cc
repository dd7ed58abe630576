#include "server/monitor/monitor_endpoint.h"

#include <string>

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

}  // namespace

httpd::Router MonitorRoutes(const Sources& sources) {
  const auto route = [&sources](Response (*respond)(const Sources&)) {
    return [sources, respond](const Request&) { return respond(sources); };
  };
  httpd::Router routes("only /metrics, /livez and /readyz\n");
  routes.Add("GET", "/metrics", route(Metrics))
      .Add("GET", "/livez", route(Live))
      .Add("GET", "/readyz", route(Ready));
  return routes;
}

absl::StatusOr<std::unique_ptr<httpd::Server>> ServeMetrics(
    const std::string& address, const Sources& sources) {
  // Probes must be answered while hundreds of idle clients are connected.
  return ListenForHttp(
      {.listen = address, .max_connections = 1024, .timeout = absl::Seconds(5)},
      "metrics.listen", MonitorRoutes(sources));
}

}  // namespace usher::server

#include "server/monitor/monitor_endpoint.h"

#include <string>
#include <utility>
#include <vector>

#include "lib/base/mutex.h"
#include "lib/base/text/strings.h"
#include "server/monitor/metrics.h"
#include "server/net/http_listener.h"

namespace usher::server {
namespace {

using httpd::Request;
using httpd::Response;

// Renders one page for all requests that have arrived before it begins.
// Thread-safe.
class MetricsPage {
 public:
  MetricsPage(const Sources& sources, std::shared_ptr<base::Executor> executor)
      : sources_(sources), executor_(std::move(executor)) {}

  void Respond(httpd::Respond respond) {
    {
      const base::MutexLock lock(mutex_);
      waiting_.push_back(std::move(respond));
      if (waiting_.size() > 1) return;  // a page is due
    }
    executor_->Run([this] { Render(); });
  }

 private:
  void Render() {
    const auto waiting = [this] {
      const base::MutexLock lock(mutex_);
      return std::exchange(waiting_, {});
    };
    std::vector<httpd::Respond> responds = waiting();
    const std::string page = RenderMetrics(sources_);
    for (httpd::Respond& respond : responds) {
      respond({.content_type = kMetricsContentType, .body = page});
    }
  }

  const Sources sources_;
  base::Mutex mutex_;
  std::vector<httpd::Respond> waiting_ ABSL_GUARDED_BY(mutex_);
  const std::shared_ptr<base::Executor> executor_;  // last: runs Render()
};

Response Live(const Sources&) { return {.body = "ok\n"}; }

Response Ready(const Sources& sources) {
  const std::string why_not = sources.readiness.Update().WhyNot();
  if (why_not.empty()) return {.body = "ready\n"};
  return {.status = 503, .body = base::StrCat("not ready: ", why_not, "\n")};
}

}  // namespace

httpd::Router MonitorRoutes(const Sources& sources,
                            std::shared_ptr<base::Executor> executor) {
  auto metrics = std::make_shared<MetricsPage>(sources, std::move(executor));
  const auto route = [&sources](Response (*respond)(const Sources&)) {
    return [sources, respond](const Request&) { return respond(sources); };
  };
  httpd::Router routes("only /metrics, /livez and /readyz\n");
  routes
      .Add("GET", "/metrics",
           [metrics = std::move(metrics)](const Request&,
                                          httpd::Respond respond) {
             metrics->Respond(std::move(respond));
           })
      .Add("GET", "/livez", route(Live))
      .Add("GET", "/readyz", route(Ready));
  return routes;
}

absl::StatusOr<std::unique_ptr<httpd::Server>> ServeMetrics(
    const std::string& address, size_t max_connections,
    const Sources& sources) {
  return ListenForHttp(
      {.listen = address,
       .max_connections = static_cast<unsigned>(max_connections),
       .timeout = absl::Seconds(5),
       .request_time = absl::Seconds(5)},
      "metrics.listen",
      MonitorRoutes(sources, std::make_shared<base::WorkerPool>(1)));
}

}  // namespace usher::server

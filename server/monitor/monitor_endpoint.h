// The metrics listener: /metrics, /livez and /readyz over plain HTTP, and
// nothing else.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "lib/httpd/router.h"
#include "lib/httpd/server.h"
#include "server/monitor/sources.h"

namespace usher::server {

// The handlers. They respond at once.
httpd::Router MonitorRoutes(const Sources& sources);

// Serves until the result is destroyed. The error of a failure names the
// address and says what to do.
absl::StatusOr<std::unique_ptr<httpd::Server>> ServeMetrics(
    const std::string& address, const Sources& sources);

}  // namespace usher::server

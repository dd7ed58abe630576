// The metrics listener: /metrics, /livez and /readyz over plain HTTP, and
// nothing else.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "lib/base/executor.h"
#include "lib/httpd/router.h"
#include "lib/httpd/server.h"
#include "server/monitor/sources.h"

namespace usher::server {

// The handlers. /livez and /readyz respond at once. /metrics is rendered on
// `executor`, because ten thousand issuers make it long; requests that arrive
// meanwhile share the next page.
httpd::Router MonitorRoutes(const Sources& sources,
                            std::shared_ptr<base::Executor> executor);

// Serves until the result is destroyed. The error of a failure names the
// address and says what to do.
absl::StatusOr<std::unique_ptr<httpd::Server>> ServeMetrics(
    const std::string& address, size_t max_connections, const Sources& sources);

}  // namespace usher::server

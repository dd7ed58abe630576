// The status page: the state of usherd, for people, and a token inspector.
//
//   GET  /             the page, and its own scripts and style
//   GET  /api/status   what it shows (status_json.h). Query: text, troubled=1,
//                      offset, limit (issuer_list.h)
//   POST /api/explain  the inspector (explain.h)
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "lib/httpd/server.h"
#include "server/monitor/sources.h"

namespace usher::status_page {

// Responds at once.
httpd::AsyncHandler Handler(const server::Sources& sources);

// Serves until the result is destroyed. The error of a failure names the
// address and says what to do.
absl::StatusOr<std::unique_ptr<httpd::Server>> Serve(const std::string& address,
                                                     size_t max_connections,
                                                     server::Sources sources);

}  // namespace usher::status_page

// The status page: how usherd stands, for people, and a token inspector.
//
//   GET  /             the page, and its own scripts and style
//   GET  /api/status   what it shows (status_json.h). Query: text, troubled=1,
//                      offset, limit (issuer_list.h)
//   POST /api/explain  the inspector (inspection.h)
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "lib/httpd/server.h"
#include "server/monitor/status_page/sources.h"

namespace usher::status_page {

// The answer to one request. Thread-safe.
httpd::Response Answer(const Sources& sources, const httpd::Request& request);

// Serves until the result is destroyed. Failures name the address and say what
// to do.
absl::StatusOr<std::unique_ptr<httpd::Server>> Serve(const std::string& address,
                                                     Sources sources);

}  // namespace usher::status_page

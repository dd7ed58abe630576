// Opens an HTTP listener of usherd. The error of a failure says how to repair
// it.
#pragma once

#include <memory>
#include <string_view>

#include "absl/status/statusor.h"
#include "lib/httpd/server.h"

namespace usher::server {

// Like httpd::Server::Start(), and accepts "localhost:PORT" too. `setting` is
// the key of the address: "metrics.listen".
absl::StatusOr<std::unique_ptr<httpd::Server>> ListenForHttp(
    httpd::Server::Options options, std::string_view setting,
    httpd::AsyncHandler handler);

}  // namespace usher::server

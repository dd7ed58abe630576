// An HTTP listener of usherd's, opened with words that say how to mend it when
// it cannot be had.
#pragma once

#include <memory>
#include <string_view>

#include "absl/status/statusor.h"
#include "lib/httpd/server.h"

namespace usher::server {

// As httpd::Server::Start(), and takes "localhost:PORT" too. `setting` is what
// configures the address: "metrics.listen".
absl::StatusOr<std::unique_ptr<httpd::Server>> ListenForHttp(
    httpd::Server::Options options, std::string_view setting,
    httpd::Handler handler);

}  // namespace usher::server

#include "server/net/http_listener.h"

#include <utility>

#include "lib/base/text/strings.h"
#include "server/net/bind_error.h"

namespace usher::server {

absl::StatusOr<std::unique_ptr<httpd::Server>> ListenForHttp(
    httpd::Server::Options options, std::string_view setting,
    httpd::AsyncHandler handler) {
  constexpr std::string_view kLocalhost = "localhost:";
  // The HTTP server does not resolve names.
  if (options.listen.starts_with(kLocalhost)) {
    options.listen.replace(0, kLocalhost.size(), "127.0.0.1:");
  }
  const std::string listen = options.listen;
  auto server = httpd::Server::Start(std::move(options), std::move(handler));
  if (server.ok() || !absl::IsUnavailable(server.status())) return server;
  return absl::UnavailableError(base::Absl(ExplainBindError(listen, setting)));
}

}  // namespace usher::server

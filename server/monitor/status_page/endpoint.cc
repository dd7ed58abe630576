#include "server/monitor/status_page/endpoint.h"

#include <array>
#include <charconv>
#include <string_view>
#include <utility>

#include "lib/httpd/router.h"
#include "server/monitor/status_page/explain.h"
#include "server/monitor/status_page/files.h"
#include "server/monitor/status_page/same_origin.h"
#include "server/monitor/status_page/status_json.h"
#include "server/net/http_listener.h"

namespace usher::status_page {
namespace {

using httpd::Request;
using httpd::Response;
using server::Sources;

// Whatever a token or an issuer's name contains, the browser runs only scripts
// of this folder, loads nothing from elsewhere and shows the page in no frame.
constexpr auto kHeaders = std::to_array<std::pair<const char*, const char*>>({
    {"Content-Security-Policy",
     "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
     "connect-src 'self'; base-uri 'none'; form-action 'none'; "
     "frame-ancestors 'none'; require-trusted-types-for 'script'; "
     "trusted-types 'none'"},
    {"Cross-Origin-Opener-Policy", "same-origin"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
    {"Referrer-Policy", "no-referrer"},
    {"X-Frame-Options", "DENY"},
});

size_t CountIn(const Request& request, std::string_view name, size_t absent) {
  const auto text = request.Query(name);
  size_t count = absent;
  if (text) std::from_chars(text->data(), text->data() + text->size(), count);
  return count;
}

Response Status(const Sources& sources, const Request& request) {
  const IssuerFilter filter = {
      .text = request.Query("text").value_or(""),
      .only_troubled = request.Query("troubled") == "1",
      .offset = CountIn(request, "offset", 0),
      .limit = CountIn(request, "limit", IssuerFilter().limit)};
  return {.content_type = "application/json; charset=utf-8",
          .body = StatusJson(sources, filter)};
}

Response Explain(const Sources& sources, const Request& request) {
  const auto active = sources.active_config.Read();
  return Inspect(active->verifier, request.body);
}

Response FileResponse(const File& file) {
  return {.content_type = std::string(file.content_type),
          .body = std::string(file.content)};
}

httpd::Router Routes(const Sources& sources) {
  httpd::Router routes("the status page is at /\n");
  routes
      .Add("GET", "/api/status",
           [sources](const Request& request) {
             return Status(sources, request);
           })
      .Add("POST", "/api/explain", [sources](const Request& request) {
        return Explain(sources, request);
      });
  for (const File& file : Files()) {
    routes.Add("GET", std::string(file.path),
               [&file](const Request&) { return FileResponse(file); });
  }
  return routes;
}

}  // namespace

httpd::AsyncHandler Handler(const server::Sources& sources) {
  return [routes = Routes(sources)](Request request, httpd::Respond respond) {
    httpd::Respond respond_safely =
        [respond = std::move(respond)](Response response) mutable {
          response.headers.insert(response.headers.end(), kHeaders.begin(),
                                  kHeaders.end());
          respond(std::move(response));
        };
    if (auto refusal = Refuse(request)) {
      return respond_safely(*std::move(refusal));
    }
    routes(std::move(request), std::move(respond_safely));
  };
}

absl::StatusOr<std::unique_ptr<httpd::Server>> Serve(const std::string& address,
                                                     size_t max_connections,
                                                     server::Sources sources) {
  return server::ListenForHttp(
      {.listen = address,
       .max_connections = static_cast<unsigned>(max_connections),
       .timeout = absl::Seconds(15),
       .request_time = absl::Seconds(15)},
      "status_page.listen", Handler(sources));
}

}  // namespace usher::status_page

#include "server/monitor/status_page/endpoint.h"

#include <array>
#include <charconv>
#include <optional>
#include <string_view>
#include <utility>

#include "lib/base/strings.h"
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

struct Route {
  std::string_view path;
  bool is_post;
  Response (*answer)(const Sources&, const Request&);
};
constexpr auto kRoutes = std::to_array<Route>({
    {"/api/status", false, Status},
    {"/api/explain", true, Explain},
});

// Nothing where `request`'s method is the right one.
std::optional<Response> WrongMethod(const Request& request, bool is_post) {
  const bool right = is_post
                         ? request.method == "POST"
                         : request.method == "GET" || request.method == "HEAD";
  if (right) return std::nullopt;
  const char* allowed = is_post ? "POST" : "GET, HEAD";
  return Response{.status = 405,
                  .body = base::StrCat("only ", allowed, "\n"),
                  .headers = {{"Allow", allowed}}};
}

Response Show(const File& file) {
  return {.content_type = std::string(file.content_type),
          .body = std::string(file.content)};
}

Response Dispatch(const Sources& sources, const Request& request) {
  if (auto refusal = Refuse(request)) return *std::move(refusal);
  for (const Route& route : kRoutes) {
    if (route.path != request.path) continue;
    const auto wrong = WrongMethod(request, route.is_post);
    return wrong ? *wrong : route.answer(sources, request);
  }
  for (const File& file : Files()) {
    if (file.path != request.path) continue;
    const auto wrong = WrongMethod(request, false);
    return wrong ? *wrong : Show(file);
  }
  return {.status = 404, .body = "the status page is at /\n"};
}

}  // namespace

Response Answer(const server::Sources& sources, const Request& request) {
  Response response = Dispatch(sources, request);
  response.headers.insert(response.headers.end(), kHeaders.begin(),
                          kHeaders.end());
  return response;
}

absl::StatusOr<std::unique_ptr<httpd::Server>> Serve(const std::string& address,
                                                     server::Sources sources) {
  return server::ListenForHttp(
      {.listen = address, .timeout = absl::Seconds(15)}, "status_page.listen",
      [sources = std::move(sources)](const Request& request) {
        return Answer(sources, request);
      });
}

}  // namespace usher::status_page

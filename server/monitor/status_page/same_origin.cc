#include "server/monitor/status_page/same_origin.h"

#include <string>
#include <string_view>

#include "absl/strings/ascii.h"
#include "lib/base/net/listen_address.h"
#include "lib/base/text/strings.h"

namespace usher::status_page {
namespace {

using base::StrCat;
using httpd::Request;
using httpd::Response;

// The value of a header that occurs exactly once, or nothing.
std::optional<std::string_view> Only(const Request& request,
                                     std::string_view name) {
  std::optional<std::string_view> found;
  for (const auto& [key, value] : request.headers) {
    if (key != name) continue;
    if (found) return std::nullopt;
    found = value;
  }
  return found;
}

// Whether `host` is one that another site cannot point at this machine:
// "127.0.0.1:9465", "[::1]", "localhost".
bool IsUnforgeable(std::string_view host) {
  if (host.starts_with("unix:")) return false;
  return base::ListenAddress::Parse(host) ||
         base::ListenAddress::Parse(StrCat(host, ":80"));
}

// https: a proxy on this machine can add TLS.
bool IsOwnOrigin(std::string_view origin, std::string_view host) {
  return origin == StrCat("http://", host) ||
         origin == StrCat("https://", host);
}

// Links to the page work from everywhere; nothing else is accepted from another
// site. "none": typed by the user.
bool IsOwnFetch(const Request& request) {
  if (!request.Header("sec-fetch-site"))
    return true;  // not a browser, or an old one
  const auto site = Only(request, "sec-fetch-site");
  if (site == "same-origin" || site == "none") return true;
  return request.path == "/" && request.method == "GET" &&
         Only(request, "sec-fetch-mode") == "navigate";
}

bool IsJson(std::string_view content_type) {
  const size_t end = content_type.find(';');
  return absl::AsciiStrToLower(absl::StripAsciiWhitespace(
             base::Absl(content_type.substr(0, end)))) == "application/json";
}

}  // namespace

std::optional<Response> Refuse(const Request& request) {
  const auto host = Only(request, "host");
  if (!host || !IsUnforgeable(absl::AsciiStrToLower(base::Absl(*host)))) {
    return Response{
        .status = 421,
        .body = "use an IP address or localhost, not a host name\n"};
  }
  const bool has_origin = request.Header("origin").has_value();
  const auto origin = Only(request, "origin");
  if ((has_origin && (!origin || !IsOwnOrigin(*origin, *host))) ||
      !IsOwnFetch(request)) {
    return Response{.status = 403,
                    .body = "only requests of this page are accepted\n"};
  }
  if (request.method == "POST" &&
      !IsJson(Only(request, "content-type").value_or(""))) {
    return Response{.status = 415,
                    .body = "must be Content-Type: application/json\n"};
  }
  return std::nullopt;
}

}  // namespace usher::status_page

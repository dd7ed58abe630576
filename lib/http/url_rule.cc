#include "lib/http/url_rule.h"

#include <algorithm>

#include "lib/base/net/ip_address.h"
#include "lib/base/text/strings.h"

namespace usher::http {
namespace {

absl::Status Error(std::string_view text) {
  return absl::InvalidArgumentError(base::Absl(text));
}

}  // namespace

bool IsLoopbackHost(std::string_view host) {
  if (base::EqualsIgnoreCase(host, "localhost")) return true;
  constexpr std::string_view kBelow = ".localhost";
  if (host.size() > kBelow.size() &&
      base::EqualsIgnoreCase(host.substr(host.size() - kBelow.size()),
                             kBelow)) {
    return true;
  }
  const auto address = base::IpAddress::Parse(host);
  return address && address->IsLoopback();
}

absl::StatusOr<Url> AllowedUrl(std::string_view text,
                               const FetchOptions& options) {
  auto url = Url::Parse(text, Schemes::kHttpToo);
  if (!url.ok()) return url;
  if (url->is_plain() && !options.insecure_allow_http) {
    if (!IsLoopbackHost(url->host())) {
      return Error(
          "must begin with https:// (or, if the network protects the "
          "connection in another way, set insecure_allow_http: true)");
    }
    if (!options.insecure_allow_http_loopback) {
      return Error(
          "must begin with https:// (or, for development on this machine, set "
          "insecure_allow_http_loopback: true)");
    }
    if (options.proxy) {
      return Error("is on this machine and cannot be fetched through a proxy");
    }
  }
  const auto& hosts = options.allowed_hosts;
  if (hosts && std::find(hosts->begin(), hosts->end(), url->authority()) ==
                   hosts->end()) {
    return Error(base::StrCat("is at ", url->authority(),
                              ", which is not the host that is configured"));
  }
  return url;
}

}  // namespace usher::http

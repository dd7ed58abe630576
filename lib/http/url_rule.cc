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
    return Error(base::StrCat(
        "is at ", url->authority(),
        ", which is neither a configured host nor one of keys.allowed_hosts"));
  }
  return url;
}

absl::StatusOr<std::vector<std::string>> AllowedHostOf(
    std::string_view text, const FetchOptions& options) {
  if (text.find_first_of("/?#@") != std::string_view::npos) {
    return Error("must be HOST or HOST:PORT, without https:// and path");
  }
  std::vector<std::string> authorities;
  for (const std::string_view scheme : {"https://", "http://"}) {
    const bool allowed = scheme == "https://" || options.insecure_allow_http ||
                         options.insecure_allow_http_loopback;
    if (!allowed) continue;
    const auto url = Url::Parse(base::StrCat(scheme, text), Schemes::kHttpToo);
    if (!url.ok()) {
      return Error(base::StrCat("must be HOST or HOST:PORT: as a URL it ",
                                base::Std(url.status().message())));
    }
    if (authorities.empty() || authorities.front() != url->authority()) {
      authorities.push_back(url->authority());
    }
  }
  return authorities;
}

}  // namespace usher::http

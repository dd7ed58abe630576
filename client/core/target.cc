#include "client/core/target.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "lib/base/net/host_port.h"
#include "lib/base/text/strings.h"

namespace usher::client {
namespace {

std::vector<std::string_view> Split(std::string_view text) {
  std::vector<std::string_view> parts;
  for (size_t from = 0; from <= text.size();) {
    const size_t comma = std::min(text.find(',', from), text.size());
    parts.push_back(text.substr(from, comma - from));
    from = comma + 1;
  }
  return parts;
}

absl::Status TargetError(std::string_view what) {
  return absl::InvalidArgumentError(base::Absl(base::StrCat("target: ", what)));
}

absl::Status PortError() { return TargetError("a port is at most 65535"); }

// Of NAME or NAME:PORT.
bool HasImpossiblePort(std::string_view name) {
  const auto host_port = base::SplitHostPort(name);
  return host_port && base::IsImpossiblePort(host_port->port);
}

absl::StatusOr<Target> ParseAddresses(std::string_view list) {
  Target target = {.local = true};
  std::optional<bool> v6;
  const std::vector<std::string_view> parts = Split(list);
  for (std::string_view part : parts) {
    const auto host_port = base::SplitHostPort(part);
    if (!host_port)
      return TargetError("every address needs a port: 10.0.0.1:9443");
    if (base::IsImpossiblePort(host_port->port)) return PortError();
    const auto address = base::AddressOfHost(host_port->host);
    if (!address) {
      return TargetError(
          "only addresses can stand in a list; for several replicas behind "
          "one name write dns:///NAME:PORT");
    }
    if (v6.value_or(address->is_v6()) != address->is_v6()) {
      return TargetError("a list is of IPv4 or of IPv6 addresses, not of both");
    }
    v6 = address->is_v6();
    target.local = target.local && address->IsLoopback();
  }
  target.nameless = parts.size() > 1;
  target.uri = base::StrCat(*v6 ? "ipv6:" : "ipv4:", list);
  return target;
}

// dns:///usher:9443, dns://name-server/usher:9443, usher:9443.
bool NamesThisMachine(std::string_view name) {
  const auto host_port = base::SplitHostPort(name);
  return base::IsLoopbackHost(host_port ? host_port->host : name);
}

bool TakePrefix(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

}  // namespace

absl::StatusOr<Target> ParseTarget(std::string_view text) {
  if (text.empty()) return TargetError("must not be empty");
  std::string_view rest = text;
  if (rest.starts_with("unix:") || rest.starts_with("unix-abstract:")) {
    return Target{.uri = std::string(text), .local = true};
  }
  if (TakePrefix(rest, "ipv4:") || TakePrefix(rest, "ipv6:")) {
    return ParseAddresses(rest);
  }
  if (TakePrefix(rest, "dns:")) {
    const bool has_authority = TakePrefix(rest, "//");
    const size_t slash = rest.find('/');
    if (has_authority && slash == std::string_view::npos) {
      return TargetError("write dns:///NAME:PORT, with three slashes");
    }
    if (has_authority) rest.remove_prefix(slash + 1);
    if (rest.empty()) return TargetError("names no host");
    if (HasImpossiblePort(rest)) return PortError();
    return Target{.uri = std::string(text), .local = NamesThisMachine(rest)};
  }
  if (text.find("://") != std::string_view::npos) {
    return TargetError("is no URL; write NAME:PORT or dns:///NAME:PORT");
  }
  if (text.find(',') != std::string_view::npos) return ParseAddresses(text);
  if (!base::SplitHostPort(text))
    return TargetError("needs a port: usher:9443");
  if (HasImpossiblePort(text)) return PortError();
  return Target{.uri = base::StrCat("dns:///", text),
                .local = NamesThisMachine(text)};
}

}  // namespace usher::client

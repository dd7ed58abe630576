#include "client/core/target.h"

#include <arpa/inet.h>

#include <array>
#include <optional>
#include <vector>

#include "lib/base/strings.h"

namespace usher::client {
namespace {

enum class Family { kV4, kV6, kName };

struct Address {
  Family family;
  bool loopback;
};

// The part before ":port"; brackets of an IPv6 address stay. Nothing where
// there is no port.
std::optional<std::string_view> HostOf(std::string_view text) {
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0 ||
      colon + 1 == text.size()) {
    return std::nullopt;
  }
  return text.substr(0, colon);
}

Address Judge(std::string_view host) {
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    in6_addr v6;
    const std::string bare(host.substr(1, host.size() - 2));
    if (inet_pton(AF_INET6, bare.c_str(), &v6) == 1) {
      return {Family::kV6, IN6_IS_ADDR_LOOPBACK(&v6) != 0};
    }
    return {Family::kName, false};
  }
  in_addr v4;
  if (inet_pton(AF_INET, std::string(host).c_str(), &v4) == 1) {
    return {Family::kV4, (ntohl(v4.s_addr) >> 24) == 127};
  }
  return {Family::kName, host == "localhost"};
}

std::vector<std::string_view> Split(std::string_view text) {
  std::vector<std::string_view> parts;
  for (size_t from = 0; from <= text.size();) {
    const size_t comma = std::min(text.find(',', from), text.size());
    parts.push_back(text.substr(from, comma - from));
    from = comma + 1;
  }
  return parts;
}

absl::Status Fault(std::string_view what) {
  return absl::InvalidArgumentError(base::Absl(base::StrCat("target: ", what)));
}

absl::StatusOr<Target> ParseAddresses(std::string_view list) {
  Target target = {.local = true};
  std::optional<Family> family;
  const std::vector<std::string_view> parts = Split(list);
  for (std::string_view part : parts) {
    const std::optional<std::string_view> host = HostOf(part);
    if (!host) return Fault("every address needs a port: 10.0.0.1:9443");
    const Address address = Judge(*host);
    if (address.family == Family::kName) {
      return Fault(
          "only addresses can stand in a list; for several replicas behind "
          "one name write dns:///NAME:PORT");
    }
    if (family.value_or(address.family) != address.family) {
      return Fault("a list is of IPv4 or of IPv6 addresses, not of both");
    }
    family = address.family;
    target.local = target.local && address.loopback;
  }
  target.nameless = parts.size() > 1;
  target.uri = base::StrCat(family == Family::kV6 ? "ipv6:" : "ipv4:", list);
  return target;
}

// dns:///usher:9443, dns://name-server/usher:9443, usher:9443.
bool NamesThisMachine(std::string_view name) {
  return Judge(HostOf(name).value_or(name)).loopback;
}

bool TakePrefix(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

}  // namespace

absl::StatusOr<Target> ParseTarget(std::string_view text) {
  if (text.empty()) return Fault("must not be empty");
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
      return Fault("write dns:///NAME:PORT, with three slashes");
    }
    if (has_authority) rest.remove_prefix(slash + 1);
    if (rest.empty()) return Fault("names no host");
    return Target{.uri = std::string(text), .local = NamesThisMachine(rest)};
  }
  if (text.find("://") != std::string_view::npos) {
    return Fault("is no URL; write NAME:PORT or dns:///NAME:PORT");
  }
  if (text.find(',') != std::string_view::npos) return ParseAddresses(text);
  if (!HostOf(text)) return Fault("needs a port: usher:9443");
  return Target{.uri = base::StrCat("dns:///", text),
                .local = NamesThisMachine(text)};
}

}  // namespace usher::client

#include "lib/base/net/host_port.h"

#include <algorithm>
#include <charconv>

namespace usher::base {

std::optional<HostPort> SplitHostPort(std::string_view text) {
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0 ||
      colon + 1 == text.size()) {
    return std::nullopt;
  }
  return HostPort{text.substr(0, colon), text.substr(colon + 1)};
}

std::optional<uint16_t> ParsePort(std::string_view text) {
  if (text.size() > 1 && text.starts_with('0')) return std::nullopt;
  uint16_t port = 0;
  const char* const end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, port);
  if (error != std::errc() || stopped != end) return std::nullopt;
  return port;
}

bool IsImpossiblePort(std::string_view port) {
  if (port.empty() ||
      port.find_first_not_of("0123456789") != std::string_view::npos) {
    return false;
  }
  port.remove_prefix(std::min(port.find_first_not_of('0'), port.size()));
  return port.size() > 5 || (port.size() == 5 && port > "65535");
}

std::optional<IpAddress> AddressOfHost(std::string_view host) {
  const bool bracketed = host.starts_with('[') && host.ends_with(']');
  if (bracketed) {
    host.remove_prefix(1);
    host.remove_suffix(1);
  }
  const auto address = IpAddress::Parse(host);
  if (!address || address->is_v6() != bracketed) return std::nullopt;
  return address;
}

bool IsLoopbackHost(std::string_view host) {
  if (host == "localhost") return true;
  const auto address = AddressOfHost(host);
  return address && address->IsLoopback();
}

std::optional<std::string_view> UnixPathOf(std::string_view address) {
  constexpr std::string_view kScheme = "unix:";
  if (!address.starts_with(kScheme)) return std::nullopt;
  return address.substr(kScheme.size());
}

}  // namespace usher::base

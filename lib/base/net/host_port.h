// HOST:PORT, the one place that takes it apart. Pure: no name is looked up.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "lib/base/net/ip_address.h"

namespace usher::base {

// Views of the text that was split.
struct HostPort {
  std::string_view host;  // not empty; an IPv6 address keeps its brackets
  std::string_view port;  // not empty; a number or the name of a service
};

// Splits at the last colon. Nothing if the host or the port is missing.
std::optional<HostPort> SplitHostPort(std::string_view text);

// 0 to 65535 in decimal, without leading zeros.
std::optional<uint16_t> ParsePort(std::string_view text);

// Whether `port` is a number above 65535. gRPC and getaddrinfo() would use its
// lowest 16 bits, which is another port.
bool IsImpossiblePort(std::string_view port);

// The address that `host` is: "192.0.2.1" or, in brackets only, "[::1]".
// Nothing for a name.
std::optional<IpAddress> AddressOfHost(std::string_view host);

// Whether `host` is "localhost" or a loopback address, in the same form.
bool IsLoopbackHost(std::string_view host);

// The path in "unix:/run/usher.sock"; nothing for any other address.
std::optional<std::string_view> UnixPathOf(std::string_view address);

}  // namespace usher::base

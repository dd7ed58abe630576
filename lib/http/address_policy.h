// Which addresses a provider may have, unless the operator allows others.
//
// A service inside a network fetches a provider's key set. A forged or hijacked
// name would point at an address that has a meaning only inside that network:
// the machine itself, a neighbour, the cloud's metadata service (RFC 8725bis
// section 3.10). So only public addresses are allowed.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "lib/base/net/ip_address.h"

namespace usher::http {

using base::IpAddress;

// A block of addresses that are not public.
struct SpecialBlock {
  std::string_view prefix;  // "10.0.0.0/8"
  std::string_view what;    // "a private address": follows "..., "
};

// The blocks that are refused: the IANA IPv4 and IPv6 special-purpose address
// registries without their rows that are "globally reachable", and multicast.
// IPv6 addresses outside 2000::/3, the only space assigned for global unicast,
// are refused whether a row names them or not.
std::span<const SpecialBlock> SpecialBlocks();

// Why `address` is not public ("a loopback address"); nothing if it is public.
// IPv4 inside IPv6 is refused as such, except under the well-known NAT64 prefix
// 64:ff9b::/96 (RFC 6052), the only way to IPv4 from an IPv6-only network:
// there the embedded address is checked. Pure, thread-safe; the text is a
// literal.
std::optional<std::string_view> WhyNotPublic(const IpAddress& address);

}  // namespace usher::http

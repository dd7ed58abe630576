// Which addresses a provider may have unless its operator says otherwise.
//
// A provider's key set is fetched by a service that stands inside a network; an
// address that means something only in there (the machine itself, a neighbour,
// the cloud's metadata service) is what a forged or hijacked name would point
// at (RFC 8725bis section 3.10). So only public addresses are asked.
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
// IPv6 addresses outside 2000::/3, the only space ever assigned for global
// unicast, are refused whether a row names them or not.
std::span<const SpecialBlock> SpecialBlocks();

// What keeps `address` from being public ("a loopback address"); nothing if it
// is public. IPv4 inside IPv6 is refused as such, except behind the well-known
// NAT64 prefix 64:ff9b::/96 (RFC 6052), the only road to IPv4 in an IPv6-only
// network: there the embedded address is judged.
// Pure, thread-safe; the text is a literal.
std::optional<std::string_view> WhyNotPublic(const IpAddress& address);

}  // namespace usher::http

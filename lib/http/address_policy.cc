#include "lib/http/address_policy.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <vector>

namespace usher::http {
namespace {

// Sources: IANA "IPv4 Special-Purpose Address Registry" and "IPv6
// Special-Purpose Address Registry", RFC 6890 as amended by RFC 8190; RFC 1112
// and RFC 4291 for multicast. Of overlapping rows the more specific comes
// first.
constexpr SpecialBlock kBlocks[] = {
    {"0.0.0.0/8", "an address of \"this network\" (RFC 791)"},
    {"10.0.0.0/8", "a private address"},
    {"100.64.0.0/10", "a carrier's private address (RFC 6598)"},
    {"127.0.0.0/8", "a loopback address"},
    {"168.63.129.16/32", "the platform address of a cloud (Azure)"},
    {"169.254.0.0/16", "a link-local address"},
    {"172.16.0.0/12", "a private address"},
    {"192.0.0.0/24", "an address of IETF protocols (RFC 6890)"},
    {"192.0.2.0/24", "a documentation address"},
    {"192.88.99.0/24", "a 6to4 relay's address (RFC 7526)"},
    {"192.168.0.0/16", "a private address"},
    {"198.18.0.0/15", "a benchmarking address (RFC 2544)"},
    {"198.51.100.0/24", "a documentation address"},
    {"203.0.113.0/24", "a documentation address"},
    {"224.0.0.0/4", "a multicast address"},
    {"255.255.255.255/32", "the broadcast address"},
    {"240.0.0.0/4", "a reserved address (RFC 1112)"},

    {"::1/128", "a loopback address"},
    {"::/128", "the unspecified address"},
    {"::ffff:0:0/96", "an IPv4 address inside IPv6 (mapped)"},
    {"::/96", "an IPv4 address inside IPv6 (compatible)"},
    {"64:ff9b:1::/48", "a local NAT64 address (RFC 8215)"},
    {"100::/64", "a discard-only address (RFC 6666)"},
    {"2001::/32", "an IPv4 address inside IPv6 (Teredo)"},
    {"2001:2::/48", "a benchmarking address (RFC 5180)"},
    {"2001::/23", "an address of IETF protocols (RFC 2928)"},
    {"2001:db8::/32", "a documentation address"},
    {"2002::/16", "an IPv4 address inside IPv6 (6to4)"},
    {"3fff::/20", "a documentation address"},
    {"5f00::/16", "a segment identifier (RFC 9602)"},
    {"fc00::/7", "a private address (unique local)"},
    {"fe80::/10", "a link-local address"},
    {"fec0::/10", "a site-local address"},
    {"ff00::/8", "a multicast address"},
};

struct Block {
  IpAddress base;
  int bits;
  std::string_view what;
};

bool Holds(const IpAddress& base, int bits, const IpAddress& address) {
  if (base.is_v6() != address.is_v6()) return false;
  const auto a = base.bytes();
  const auto b = address.bytes();
  const int whole = bits / 8;
  if (!std::equal(a.begin(), a.begin() + whole, b.begin())) return false;
  const int rest = bits % 8;
  return rest == 0 || ((a[whole] ^ b[whole]) >> (8 - rest)) == 0;
}

Block ParseBlock(const SpecialBlock& row) {
  const size_t slash = row.prefix.find('/');
  Block block{*IpAddress::Parse(row.prefix.substr(0, slash)), 0, row.what};
  std::from_chars(row.prefix.data() + slash + 1,
                  row.prefix.data() + row.prefix.size(), block.bits);
  return block;
}

const std::vector<Block>& Parsed() {
  static const auto* blocks = [] {
    auto* parsed = new std::vector<Block>;
    for (const SpecialBlock& row : kBlocks) parsed->push_back(ParseBlock(row));
    return parsed;
  }();
  return *blocks;
}

}  // namespace

std::span<const SpecialBlock> SpecialBlocks() { return kBlocks; }

std::optional<std::string_view> WhyNotPublic(const IpAddress& address) {
  static const IpAddress nat64 = *IpAddress::Parse("64:ff9b::");
  static const IpAddress global = *IpAddress::Parse("2000::");
  if (Holds(nat64, 96, address)) {
    std::array<uint8_t, 4> embedded;
    std::ranges::copy(address.bytes().last(4), embedded.begin());
    return WhyNotPublic(IpAddress::V4(embedded));
  }
  for (const Block& block : Parsed()) {
    if (Holds(block.base, block.bits, address)) return block.what;
  }
  if (address.is_v6() && !Holds(global, 3, address)) {
    return "outside the IPv6 space for global addresses";
  }
  return std::nullopt;
}

}  // namespace usher::http

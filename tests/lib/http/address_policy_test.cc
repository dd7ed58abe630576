#include "lib/http/address_policy.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace usher::http {
namespace {

std::string Why(std::string_view text) {
  auto address = base::IpAddress::Parse(text);
  if (!address) return "(no address)";
  auto why = WhyNotPublic(*address);
  return why ? std::string(*why) : "public";
}

TEST(AddressPolicy, AllowsPublicAddresses) {
  for (std::string_view text : {"1.1.1.1",         "8.8.8.8",
                                "9.255.255.255",   "11.0.0.0",
                                "100.63.255.255",  "100.128.0.0",
                                "126.255.255.255", "128.0.0.0",
                                "169.253.255.255", "169.255.0.0",
                                "172.15.255.255",  "172.32.0.0",
                                "192.0.1.0",       "192.0.3.0",
                                "192.167.255.255", "192.169.0.0",
                                "198.17.255.255",  "198.20.0.0",
                                "223.255.255.255", "2606:4700::1111",
                                "2a00:1450::1",    "2001:4860:4860::8888",
                                "2001:200::1",     "2003::1"}) {
    EXPECT_EQ(Why(text), "public") << text;
  }
}

struct Judged {
  std::string_view text;
  std::string_view what;
};

TEST(AddressPolicy, RefusesSpecialAddressesAndNamesTheirKind) {
  const Judged cases[] = {
      {"0.0.0.0", "an address of \"this network\" (RFC 791)"},
      {"0.255.255.255", "an address of \"this network\" (RFC 791)"},
      {"10.0.0.5", "a private address"},
      {"10.255.255.255", "a private address"},
      {"100.64.0.1", "a carrier's private address (RFC 6598)"},
      {"100.127.255.255", "a carrier's private address (RFC 6598)"},
      {"127.0.0.1", "a loopback address"},
      {"127.255.255.254", "a loopback address"},
      {"168.63.129.16", "the platform address of a cloud (Azure)"},
      {"169.254.169.254", "a link-local address"},
      {"172.16.0.0", "a private address"},
      {"172.31.255.255", "a private address"},
      {"192.0.0.8", "an address of IETF protocols (RFC 6890)"},
      {"192.0.2.1", "a documentation address"},
      {"192.88.99.1", "a 6to4 relay's address (RFC 7526)"},
      {"192.168.1.1", "a private address"},
      {"198.19.255.255", "a benchmarking address (RFC 2544)"},
      {"198.51.100.7", "a documentation address"},
      {"203.0.113.7", "a documentation address"},
      {"224.0.0.1", "a multicast address"},
      {"239.255.255.255", "a multicast address"},
      {"240.0.0.1", "a reserved address (RFC 1112)"},
      {"255.255.255.255", "the broadcast address"},
      {"::", "the unspecified address"},
      {"::1", "a loopback address"},
      {"::ffff:8.8.8.8", "an IPv4 address inside IPv6 (mapped)"},
      {"::ffff:127.0.0.1", "an IPv4 address inside IPv6 (mapped)"},
      {"::8.8.8.8", "an IPv4 address inside IPv6 (compatible)"},
      {"64:ff9b:1::1", "a local NAT64 address (RFC 8215)"},
      {"100::1", "a discard-only address (RFC 6666)"},
      {"2001::1", "an IPv4 address inside IPv6 (Teredo)"},
      {"2001:2::1", "a benchmarking address (RFC 5180)"},
      {"2001:10::1", "an address of IETF protocols (RFC 2928)"},
      {"2001:1ff::1", "an address of IETF protocols (RFC 2928)"},
      {"2001:db8::1", "a documentation address"},
      {"2002:7f00:1::1", "an IPv4 address inside IPv6 (6to4)"},
      {"3fff:fff::1", "a documentation address"},
      {"5f00::1", "a segment identifier (RFC 9602)"},
      {"fc00::1", "a private address (unique local)"},
      {"fd00:ec2::254", "a private address (unique local)"},
      {"fe80::1", "a link-local address"},
      {"fec0::1", "a site-local address"},
      {"ff02::1", "a multicast address"},
      {"4000::1", "outside the IPv6 space for global addresses"},
      {"::1:0:0:1", "outside the IPv6 space for global addresses"},
      {"1fff::1", "outside the IPv6 space for global addresses"},
  };
  for (const auto& [text, what] : cases) EXPECT_EQ(Why(text), what) << text;
}

TEST(AddressPolicy, ChecksTheAddressInsideNat64) {
  EXPECT_EQ(Why("64:ff9b::8.8.8.8"), "public");
  EXPECT_EQ(Why("64:ff9b::169.254.169.254"), "a link-local address");
  EXPECT_EQ(Why("64:ff9b::10.0.0.1"), "a private address");
  EXPECT_EQ(Why("64:ff9b::1:8.8.8.8"),
            "outside the IPv6 space for global addresses");
}

TEST(AddressPolicy, RefusesBothEndsOfEveryBlock) {
  for (const SpecialBlock& block : SpecialBlocks()) {
    const size_t slash = block.prefix.find('/');
    auto first = base::IpAddress::Parse(block.prefix.substr(0, slash));
    ASSERT_TRUE(first) << block.prefix;
    EXPECT_TRUE(WhyNotPublic(*first)) << block.prefix;
    const size_t bits = std::stoul(std::string(block.prefix.substr(slash + 1)));
    std::array<uint8_t, 16> last{};
    std::ranges::copy(first->bytes(), last.begin());
    ASSERT_LE(bits, first->bytes().size() * 8);
    for (size_t bit = bits; bit < first->bytes().size() * 8; ++bit) {
      ASSERT_EQ(last[bit / 8] & (0x80 >> (bit % 8)), 0) << block.prefix;
      last[bit / 8] |= 0x80 >> (bit % 8);
    }
    const IpAddress end =
        first->is_v6()
            ? base::IpAddress::V6(last)
            : base::IpAddress::V4({last[0], last[1], last[2], last[3]});
    EXPECT_TRUE(WhyNotPublic(end)) << block.prefix << " " << end.Text();
  }
}

}  // namespace
}  // namespace usher::http

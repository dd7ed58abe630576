#include "lib/base/net/host_port.h"

#include <gtest/gtest.h>

namespace usher::base {
namespace {

TEST(HostPort, IsSplitAtTheLastColon) {
  const auto v4 = SplitHostPort("127.0.0.1:9443");
  ASSERT_TRUE(v4);
  EXPECT_EQ(v4->host, "127.0.0.1");
  EXPECT_EQ(v4->port, "9443");
  EXPECT_EQ(SplitHostPort("[::1]:80")->host, "[::1]");
  EXPECT_EQ(SplitHostPort("usher:https")->port, "https");
  for (const char* text : {"", ":", "usher", "usher:", ":9443"}) {
    EXPECT_FALSE(SplitHostPort(text)) << text;
  }
}

TEST(Port, IsADecimalNumberOf16Bits) {
  EXPECT_EQ(ParsePort("0"), 0);
  EXPECT_EQ(ParsePort("65535"), 65535);
  for (const char* text : {"", "65536", "017", "-1", "+1", " 1", "1 ", "0x1",
                           "https", "99999999999"}) {
    EXPECT_FALSE(ParsePort(text)) << text;
  }
}

TEST(Port, IsImpossibleAbove65535) {
  for (const char* text :
       {"65536", "88979", "075000", "4294976739", "99999999999999999999999"}) {
    EXPECT_TRUE(IsImpossiblePort(text)) << text;
  }
  for (const char* text : {"", "0", "65535", "000080", "https", "-1", "0x1"}) {
    EXPECT_FALSE(IsImpossiblePort(text)) << text;
  }
}

TEST(AddressOfHost, WantsBracketsForIpv6Only) {
  EXPECT_EQ(AddressOfHost("192.0.2.1")->Text(), "192.0.2.1");
  EXPECT_EQ(AddressOfHost("[2001:db8::1]")->Text(), "2001:db8::1");
  for (const char* host : {"", "[", "]", "[]", "::1", "[127.0.0.1]", "[::1",
                           "localhost", "127.1", "[fe80::1%eth0]"}) {
    EXPECT_FALSE(AddressOfHost(host)) << host;
  }
}

TEST(LoopbackHost, IsLocalhostOrALoopbackAddress) {
  for (const char* host :
       {"localhost", "127.0.0.1", "127.9.9.9", "[::1]", "[0:0:0:0:0:0:0:1]"}) {
    EXPECT_TRUE(IsLoopbackHost(host)) << host;
  }
  for (const char* host :
       {"", "0.0.0.0", "[::]", "10.0.0.1", "[::ffff:127.0.0.1]", "::1",
        "127.0.0.1.example.com", "localhost.", "[2001:db8::1]"}) {
    EXPECT_FALSE(IsLoopbackHost(host)) << host;
  }
}

TEST(UnixPath, FollowsTheScheme) {
  EXPECT_EQ(UnixPathOf("unix:/run/u.sock"), "/run/u.sock");
  EXPECT_EQ(UnixPathOf("unix:"), "");
  EXPECT_FALSE(UnixPathOf("127.0.0.1:1"));
  EXPECT_FALSE(UnixPathOf("unix-abstract:x"));
}

}  // namespace
}  // namespace usher::base

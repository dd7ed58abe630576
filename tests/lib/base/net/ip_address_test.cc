#include "lib/base/net/ip_address.h"

#include <gtest/gtest.h>

namespace usher::base {
namespace {

TEST(IpAddress, TakesOnlyTheUsualSpelling) {
  for (std::string_view text :
       {"", "1.2.3", "1.2.3.4.5", "256.1.1.1", "01.2.3.4", "0x7f.0.0.1",
        "1.2.3.4 ", "[::1]", "fe80::1%eth0", "::1::", "localhost"}) {
    EXPECT_FALSE(IpAddress::Parse(text)) << text;
  }
  EXPECT_FALSE(IpAddress::Parse(std::string_view("1.2.3.4\0x", 9)));
}

TEST(IpAddress, IsWrittenInItsShortForm) {
  EXPECT_EQ(IpAddress::Parse("2001:0db8:0::0001")->Text(), "2001:db8::1");
  EXPECT_EQ(IpAddress::Parse("192.0.2.1")->Text(), "192.0.2.1");
}

}  // namespace
}  // namespace usher::base

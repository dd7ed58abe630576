#include "lib/base/net/listen_address.h"

#include <gtest/gtest.h>

namespace usher::base {
namespace {

TEST(ListenAddress, TakesNumbersLocalhostAndUnixSockets) {
  for (const char* text :
       {"127.0.0.1:9443", "0.0.0.0:0", "[::1]:9443", "[::]:65535",
        "localhost:1", "unix:/run/u.sock", "unix:relative.sock"}) {
    EXPECT_TRUE(ListenAddress::Parse(text)) << text;
  }
  for (const char* text : {"",
                           "9443",
                           ":9443",
                           "127.0.0.1",
                           "127.0.0.1:",
                           "127.0.0.1:65536",
                           "127.0.0.1:017",
                           "::1:9443",
                           "[::1]",
                           "[127.0.0.1]:1",
                           "*:9443",
                           "usher.example.com:9443",
                           "[localhost]:1",
                           "unix:",
                           "127.1:9443",
                           "127.0.0.1:-1",
                           "[fe80::1%eth0]:1",
                           "dns:///x:1",
                           "[]:1",
                           "[:1"}) {
    EXPECT_FALSE(ListenAddress::Parse(text)) << text;
  }
}

TEST(ListenAddress, KnowsWhatOnlyThisMachineCanReach) {
  for (const char* text :
       {"127.0.0.1:1", "127.9.9.9:1", "[::1]:1", "localhost:1", "unix:/x"}) {
    EXPECT_TRUE(ListenAddress::Parse(text)->IsLocal()) << text;
  }
  for (const char* text : {"0.0.0.0:1", "[::]:1", "10.0.0.1:1",
                           "[::ffff:127.0.0.1]:1", "192.0.2.1:1"}) {
    EXPECT_FALSE(ListenAddress::Parse(text)->IsLocal()) << text;
  }
}

TEST(ListenAddress, CollidesWithTheSamePortOrPath) {
  const auto collide = [](const char* one, const char* other) {
    return ListenAddress::Parse(one)->Collides(*ListenAddress::Parse(other));
  };
  EXPECT_TRUE(collide("127.0.0.1:1", "127.0.0.1:1"));
  EXPECT_TRUE(collide("127.0.0.1:1", "[::1]:1"));
  EXPECT_TRUE(collide("unix:/x", "unix:/x"));
  EXPECT_FALSE(collide("127.0.0.1:0", "127.0.0.1:0"));
  EXPECT_FALSE(collide("127.0.0.1:1", "127.0.0.1:2"));
  EXPECT_FALSE(collide("unix:/x", "unix:/y"));
  EXPECT_FALSE(collide("unix:/x", "127.0.0.1:1"));
}

}  // namespace
}  // namespace usher::base

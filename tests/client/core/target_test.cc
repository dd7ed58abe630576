#include "client/core/target.h"

#include <gtest/gtest.h>

namespace usher::client {
namespace {

TEST(Target, RecognizesThisMachine) {
  for (const char* text :
       {"127.0.0.1:9443", "127.8.8.8:1", "[::1]:9443", "localhost:9443",
        "dns:///localhost:9443", "dns:127.0.0.1:1", "unix:/run/usherd.sock",
        "unix-abstract:usherd", "ipv4:127.0.0.1:1,127.0.0.2:2",
        "ipv6:[::1]:9443"}) {
    const auto target = ParseTarget(text);
    ASSERT_TRUE(target.ok()) << text << ": " << target.status();
    EXPECT_TRUE(target->local) << text;
  }
}

TEST(Target, RecognizesOtherMachines) {
  for (const char* text :
       {"usher:9443", "dns:///usher:9443", "dns://10.0.0.53/usher:9443",
        "10.0.0.1:9443", "0.0.0.0:9443", "[2001:db8::1]:9443",
        "localhost.example.com:9443", "127.0.0.1.example.com:9443",
        "ipv4:127.0.0.1:1,10.0.0.1:2", "127.0.0.1:1,10.0.0.1:2",
        "dns://localhost/usher:9443"}) {
    const auto target = ParseTarget(text);
    ASSERT_TRUE(target.ok()) << text << ": " << target.status();
    EXPECT_FALSE(target->local) << text;
  }
}

TEST(Target, FormatsAListForGrpc) {
  EXPECT_EQ(ParseTarget("10.0.0.1:1,10.0.0.2:2")->uri,
            "ipv4:10.0.0.1:1,10.0.0.2:2");
  EXPECT_EQ(ParseTarget("[::1]:1,[::2]:2")->uri, "ipv6:[::1]:1,[::2]:2");
  EXPECT_EQ(ParseTarget("usher:9443")->uri, "dns:///usher:9443");
}

TEST(Target, KnowsThatAListHasNoName) {
  EXPECT_TRUE(ParseTarget("10.0.0.1:1,10.0.0.2:2")->nameless);
  EXPECT_FALSE(ParseTarget("10.0.0.1:1")->nameless);
}

TEST(Target, RejectsWhatGrpcWouldMisread) {
  for (const char* text :
       {"", "usher", "usher:", ":9443", "https://usher:9443",
        "dns://usher:9443", "dns:///", "a:1,b:2", "10.0.0.1:1,[::1]:2",
        "10.0.0.1:1,", "ipv4:usher:9443", "10.0.0.1,10.0.0.2",
        "127.0.0.1:88979", "usher:65536", "dns:///usher:075000",
        "dns://10.0.0.1/usher:99999", "ipv4:10.0.0.1:1,10.0.0.2:65537",
        "[::1]:4294976739"}) {
    EXPECT_EQ(ParseTarget(text).status().code(),
              absl::StatusCode::kInvalidArgument)
        << text;
  }
}

}  // namespace
}  // namespace usher::client

#include "lib/http/proxy.h"

#include "gtest/gtest.h"

namespace usher::http {
namespace {

TEST(Proxy, ParsesHostAndPort) {
  auto proxy = Proxy::Parse("http://Proxy.corp:3128");
  ASSERT_TRUE(proxy.ok()) << proxy.status();
  EXPECT_EQ(proxy->Authority(), "proxy.corp:3128");
  EXPECT_EQ(Proxy::Parse("http://proxy/")->Authority(), "proxy:80");
  EXPECT_EQ(Proxy::Parse("http://[::1]:8080")->Authority(), "[::1]:8080");
  EXPECT_EQ(Proxy::Parse("http://u:p@proxy:1")->Authority(), "proxy:1");
}

TEST(Proxy, RefusesOtherForms) {
  for (const char* text :
       {"", "proxy:3128", "https://proxy:3128", "socks5://proxy:1",
        "http://proxy:3128/path", "http://proxy:0", "http://proxy:70000",
        "http://proxy:1?q", "http://", "http://pro xy:1"}) {
    auto proxy = Proxy::Parse(text);
    EXPECT_EQ(proxy.status().message(), "must be http://HOST:PORT") << text;
  }
}

}  // namespace
}  // namespace usher::http

#include "lib/http/url_rule.h"

#include <gtest/gtest.h>

namespace usher::http {
namespace {

TEST(AllowedUrl, IsHttpsUnlessPlainHttpIsAllowed) {
  FetchOptions options;
  EXPECT_TRUE(AllowedUrl("https://login.example.com", options).ok());
  EXPECT_FALSE(AllowedUrl("http://login.example.com", options).ok());
  EXPECT_FALSE(AllowedUrl("http://localhost:8080", options).ok());
  options.insecure_allow_http_loopback = true;
  EXPECT_TRUE(AllowedUrl("http://localhost:8080", options).ok());
  EXPECT_FALSE(AllowedUrl("http://login.example.com", options).ok());
  options.proxy = "http://proxy:3128";
  EXPECT_FALSE(AllowedUrl("http://localhost:8080", options).ok());
  options.insecure_allow_http = true;
  const auto url = AllowedUrl("http://login.example.com/a", options);
  ASSERT_TRUE(url.ok()) << url.status();
  EXPECT_TRUE(url->is_plain());
  EXPECT_EQ(url->port(), 80);
  EXPECT_FALSE(AllowedUrl("ftp://login.example.com", options).ok());
}

TEST(AllowedUrl, IsAtAnAllowedHost) {
  const FetchOptions options = {
      .allowed_hosts = {{"login.example.com:443", "keys.example.com:8443"}}};
  EXPECT_TRUE(AllowedUrl("https://login.example.com/x", options).ok());
  EXPECT_TRUE(AllowedUrl("https://LOGIN.example.com:443", options).ok());
  EXPECT_TRUE(AllowedUrl("https://keys.example.com:8443/", options).ok());
  for (const char* url :
       {"https://login.example.com:8443", "https://keys.example.com",
        "https://login.example.com.evil.test", "https://evil.test"}) {
    EXPECT_FALSE(AllowedUrl(url, options).ok()) << url;
  }
  EXPECT_FALSE(AllowedUrl("https://a", {.allowed_hosts = {{}}}).ok());
}

TEST(AllowedHostOf, IsTheHostWithThePortOfEachAllowedScheme) {
  FetchOptions options;
  using Texts = std::vector<std::string>;
  EXPECT_EQ(*AllowedHostOf("Keys.Example.com", options),
            Texts{"keys.example.com:443"});
  EXPECT_EQ(*AllowedHostOf("keys.example.com:8443", options),
            Texts{"keys.example.com:8443"});
  EXPECT_EQ(*AllowedHostOf("[2001:DB8::1]", options),
            Texts{"[2001:db8::1]:443"});
  options.insecure_allow_http = true;
  EXPECT_EQ(*AllowedHostOf("keys.example.com", options),
            (Texts{"keys.example.com:443", "keys.example.com:80"}));
  EXPECT_EQ(*AllowedHostOf("keys.example.com:8080", options),
            Texts{"keys.example.com:8080"});
}

TEST(AllowedHostOf, RefusesWhatIsMoreThanAHost) {
  for (const char* text :
       {"", "https://keys.example.com", "keys.example.com/jwks", "a@b", "a?b",
        "a#b", "*.example.com", "keys.example.com:0", "keys example.com",
        "2001:db8::1", "keys.example.com."}) {
    EXPECT_FALSE(AllowedHostOf(text, {}).ok()) << text;
  }
}

TEST(IsLoopbackHost, IsOnlyThisMachine) {
  for (const char* host : {"localhost", "LocalHost", "sso.localhost",
                           "127.0.0.1", "127.1.2.3", "::1"}) {
    EXPECT_TRUE(IsLoopbackHost(host)) << host;
  }
  for (const char* host : {"localhost.example.com", "notlocalhost",
                           ".localhost", "10.0.0.1", "128.0.0.1", "::2", ""}) {
    EXPECT_FALSE(IsLoopbackHost(host)) << host;
  }
}

}  // namespace
}  // namespace usher::http

#include "lib/http/url.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace usher::http {
namespace {

std::string ErrorOf(std::string_view text) {
  auto url = Url::Parse(text);
  if (url.ok()) return "(accepted as " + url->text() + ")";
  EXPECT_EQ(url.status().code(), absl::StatusCode::kInvalidArgument);
  return std::string(url.status().message());
}

TEST(Url, HasItsParts) {
  auto url = Url::Parse("https://login.example.com:8443/a/b?c=d");
  ASSERT_TRUE(url.ok()) << url.status();
  EXPECT_EQ(url->text(), "https://login.example.com:8443/a/b?c=d");
  EXPECT_EQ(url->host(), "login.example.com");
  EXPECT_EQ(url->port(), 8443);
  EXPECT_EQ(url->authority(), "login.example.com:8443");
  EXPECT_EQ(url->path(), "/a/b");
}

TEST(Url, AnInternationalHostHasItsAsciiForm) {
  for (const char* text : {"https://b\xc3\xbc"
                           "cher.example:8443/a?b",
                           "https://B\xc3\x9c"
                           "CHER.example:8443/a?b",
                           "https://xn--bcher-kva.example:8443/a?b"}) {
    const auto url = Url::Parse(text);
    ASSERT_TRUE(url.ok()) << url.status();
    EXPECT_EQ(url->text(), "https://xn--bcher-kva.example:8443/a?b");
    EXPECT_EQ(url->host(), "xn--bcher-kva.example");
  }
  for (const char* text : {"https://\xc3.example/", "https://\xff\xfe/",
                           "https://a\xe2\x80\x8b.b/",
                           "https://u@b\xc3\xbc"
                           "cher.example/",
                           "https://a/\xc3\xbc",
                           "https://a.example\xef\xbc\x8f"
                           "b/",
                           "https://a\xef\xbc\x8e"
                           "b/",
                           "https://\xef\xbd\x85xample/"}) {
    EXPECT_FALSE(Url::Parse(text).ok()) << text;
  }
}

TEST(Url, IsPlainHttpOnlyWhereTheSchemeIsAllowed) {
  EXPECT_FALSE(Url::Parse("http://a.example/b").ok());
  const auto url = Url::Parse("HTTP://A.example/b", Schemes::kHttpToo);
  ASSERT_TRUE(url.ok()) << url.status();
  EXPECT_TRUE(url->is_plain());
  EXPECT_EQ(url->text(), "http://a.example/b");
  EXPECT_EQ(url->authority(), "a.example:80");
  EXPECT_FALSE(Url::Parse("https://a.example", Schemes::kHttpToo)->is_plain());
  EXPECT_FALSE(Url::Parse("ftp://a.example", Schemes::kHttpToo).ok());
}

TEST(Url, DefaultsToPort443AndARootPath) {
  auto url = Url::Parse("https://login.example.com");
  ASSERT_TRUE(url.ok()) << url.status();
  EXPECT_EQ(url->port(), 443);
  EXPECT_EQ(url->path(), "/");
  EXPECT_EQ(url->authority(), "login.example.com:443");
}

TEST(Url, LowercasesOnlySchemeAndHost) {
  auto url = Url::Parse("HTTPS://Login.Example.COM/Realms/../%41?Q=R");
  ASSERT_TRUE(url.ok()) << url.status();
  EXPECT_EQ(url->text(), "https://login.example.com/Realms/../%41?Q=R");
}

TEST(Url, RecognisesIpv4AndIpv6Addresses) {
  auto v4 = Url::Parse("https://192.0.2.1/");
  ASSERT_TRUE(v4.ok());
  EXPECT_EQ(v4->host(), "192.0.2.1");
  auto v6 = Url::Parse("https://[2001:DB8::1]:9000/x");
  ASSERT_TRUE(v6.ok()) << v6.status();
  EXPECT_EQ(v6->host(), "2001:db8::1");
  EXPECT_EQ(v6->authority(), "[2001:db8::1]:9000");
  EXPECT_EQ(v6->text(), "https://[2001:db8::1]:9000/x");
}

TEST(Url, NormalisesOtherNotationsOfAnIpv4Address) {
  for (std::string_view spelling :
       {"https://0x7f.0.0.1/", "https://2130706433/", "https://127.1/",
        "https://0177.0.0.1/"}) {
    auto url = Url::Parse(spelling);
    if (!url.ok()) continue;  // refusing is as good
    EXPECT_EQ(url->host(), "127.0.0.1") << spelling;
  }
}

struct Refused {
  std::string_view text;
  std::string_view error;
};

TEST(Url, RefusesOtherForms) {
  const std::string far_too_long = "https://a/" + std::string(2048, 'x');
  const Refused cases[] = {
      {"", "must begin with https://"},
      {"login.example.com", "must begin with https://"},
      {"http://login.example.com", "must begin with https://"},
      {"file:///etc/passwd", "must begin with https://"},
      {"https:/login.example.com", "must begin with https://"},
      {"https://", "has no host"},
      {"https:///path", "has no host"},
      {"https://:443/", "has no host"},
      {"https://?q", "has no host"},
      {"https://user@login.example.com", "must not name a user (@)"},
      {"https://user:pass@login.example.com", "must not name a user (@)"},
      {"https://login.example.com/#x", "must not have a fragment (#)"},
      {"https://login.example.com#x", "must not have a fragment (#)"},
      {"https://login.example.com./", "has a host that ends in a dot"},
      {"https://login.example.com:/", "has a colon without a port"},
      {"https://login.example.com:0/", "has no usable port"},
      {"https://login example.com/",
       "holds a space or a character that is not ASCII"},
      {"https://login.example.com/a\r\nb",
       "holds a space or a character that is not ASCII"},
      {"https://login.example.com/\xc3\xb6",
       "holds a space or a character that is not ASCII"},
      {"https://login%2eexample.com/",
       "has a host with a character that does not belong there"},
      {"https://[fe80::1%25eth0]/",
       "has a host with a character that does not belong there"},
      {"https://a\\b/",
       "has a host with a character that does not belong there"},
      {far_too_long, "is longer than 2048 characters"},
  };
  for (const auto& [text, error] : cases) {
    EXPECT_EQ(ErrorOf(text), error) << text;
  }
}

TEST(Url, RefusesMalformedAuthorities) {
  for (std::string_view text :
       {"https://login.example.com:65536/", "https://login.example.com:x/",
        "https://[]/", "https://[::1/", "https://::1/", "https://[::g]/",
        "https://[1.2.3.4]/", "https://a:1:2/", "https://[::1]x/"}) {
    EXPECT_THAT(ErrorOf(text), testing::Not(testing::HasSubstr("accepted")))
        << text;
  }
}

TEST(Url, ComparesByValue) {
  EXPECT_EQ(*Url::Parse("https://A/"), *Url::Parse("https://a"));
  EXPECT_NE(*Url::Parse("https://a/b"), *Url::Parse("https://a/c"));
}

}  // namespace
}  // namespace usher::http

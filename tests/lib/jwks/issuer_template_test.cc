#include "lib/jwks/issuer_template.h"

#include <gtest/gtest.h>

namespace usher::jwks {
namespace {

IssuerTemplate Of(std::string_view text) {
  auto parsed = IssuerTemplate::Parse(text);
  EXPECT_TRUE(parsed.ok()) << text;
  return *std::move(parsed);
}

TEST(IssuerTemplate, FindsTheTenantInPlaceOfThePlaceholder) {
  const IssuerTemplate one = Of("https://login.example.com/{tenant}/v2.0");
  EXPECT_EQ(one.TenantOf("https://login.example.com/acme/v2.0"), "acme");
  EXPECT_EQ(one.TenantOf("https://login.example.com/"
                         "9188040d-6c67-4c5b-b112-36a304b66dad/v2.0"),
            "9188040d-6c67-4c5b-b112-36a304b66dad");
  EXPECT_EQ(one.IssuerOf("acme"), "https://login.example.com/acme/v2.0");
  EXPECT_EQ(
      Of("https://sts.example.net/{t}/").TenantOf("https://sts.example.net/a/"),
      "a");
  EXPECT_EQ(Of("https://a/{t}").TenantOf("https://a/b"), "b");
}

TEST(IssuerTemplate, ATenantNeverReachesBeyondItsSegment) {
  const IssuerTemplate one = Of("https://login.example.com/{tenant}/v2.0");
  const std::string longest(IssuerTemplate::kMaxTenant, 'a');
  EXPECT_TRUE(one.TenantOf("https://login.example.com/" + longest + "/v2.0"));
  for (const std::string& tenant :
       {std::string(), longest + "a", std::string("a/b"), std::string("a.b"),
        std::string(".."), std::string("a%2fb"), std::string("a?"),
        std::string("a#"), std::string("a@b"), std::string("a b"),
        std::string("{tenant}"), std::string("\xc3\xa4"),
        std::string("a\0b", 3)}) {
    EXPECT_FALSE(one.TenantOf("https://login.example.com/" + tenant + "/v2.0"))
        << tenant;
  }
  for (const char* iss :
       {"https://login.example.com/acme/v2.0/",
        "https://login.example.com/acme",
        "https://login.example.com.evil.test/acme/v2.0",
        "http://login.example.com/acme/v2.0", "https://login.example.com//v2.0",
        "https://login.example.com/v2.0", ""}) {
    EXPECT_FALSE(one.TenantOf(iss)) << iss;
  }
}

TEST(IssuerTemplate, HasOnePlaceholderThatIsASegmentOfThePath) {
  for (const char* text :
       {"https://a/b", "https://{t}/b", "https://{t}.a/b", "https://a:{t}/b",
        "https://a/x{t}", "https://a/{t}x/", "https://a/{t}/{u}",
        "https://a/{}", "https://a/{t", "https://a/t}", "{t}://a/b", "a/{t}",
        "{t}"}) {
    EXPECT_FALSE(IssuerTemplate::Parse(text).ok()) << text;
  }
}

TEST(MeansIssuer, IsTheSameTextOrATemplateOfIt) {
  EXPECT_TRUE(MeansIssuer("https://a/b", "https://a/b"));
  EXPECT_TRUE(MeansIssuer("https://a/{tenantid}", "https://a/b"));
  EXPECT_FALSE(MeansIssuer("https://a/b", "https://a/c"));
  EXPECT_FALSE(MeansIssuer("https://a/{tenantid}", "https://x/b"));
  EXPECT_FALSE(MeansIssuer("https://{host}/b", "https://a/b"));
}

}  // namespace
}  // namespace usher::jwks

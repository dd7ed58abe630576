#include "lib/jwks/discovery.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/base/text/strings.h"

namespace usher::jwks {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kIssuer[] = "https://login.test/tenant";

std::string ErrorOf(std::string_view metadata) {
  const auto uri = JwksUriIn(metadata, kIssuer);
  EXPECT_FALSE(uri.ok());
  return std::string(uri.status().message().data(),
                     uri.status().message().size());
}

TEST(MetadataUrls, AppendsAndInsertsForBoth) {
  EXPECT_THAT(
      MetadataUrls("https://login.test/tenant/one"),
      ElementsAre(
          "https://login.test/tenant/one/.well-known/openid-configuration",
          "https://login.test/.well-known/oauth-authorization-server/tenant/"
          "one",
          "https://login.test/.well-known/openid-configuration/tenant/one",
          "https://login.test/tenant/one/.well-known/"
          "oauth-authorization-server"));
}

TEST(MetadataUrls, DropsOneSlashAtTheEnd) {
  const auto without_path =
      ElementsAre("https://login.test:8443/.well-known/openid-configuration",
                  "https://login.test:8443/.well-known/"
                  "oauth-authorization-server");
  EXPECT_THAT(MetadataUrls("https://login.test:8443"), without_path);
  EXPECT_THAT(MetadataUrls("https://login.test:8443/"), without_path);
  EXPECT_THAT(
      MetadataUrls("https://login.test/tenant/"),
      ElementsAre("https://login.test/tenant/.well-known/openid-configuration",
                  "https://login.test/.well-known/oauth-authorization-server/"
                  "tenant",
                  "https://login.test/.well-known/openid-configuration/tenant",
                  "https://login.test/tenant/.well-known/"
                  "oauth-authorization-server"));
}

std::optional<std::string> NotHere(int status, std::string body = "") {
  http::Response response;
  response.status = status;
  response.body = std::move(body);
  return WhyNotHere(response);
}

TEST(WhyNotHere, SaysSoFor4xxExceptThoseThatMeanNotNow) {
  for (int status : {400, 401, 403, 404, 405, 410}) {
    EXPECT_TRUE(NotHere(status)) << status;
  }
  for (int status : {204, 408, 425, 429, 500, 502, 503}) {
    EXPECT_FALSE(NotHere(status)) << status;
  }
}

TEST(WhyNotHere, SaysSoForAnythingButMetadata) {
  for (const char* body :
       {"", "<html>", "[]", "\"x\"", "{", "null", "{}", R"({"error":"none"})",
        R"({"issuer":"a","issuer":"a"})"}) {
    EXPECT_TRUE(NotHere(200, body)) << body;
  }
  // Another issuer's metadata is an error, and not a reason to look elsewhere.
  EXPECT_FALSE(NotHere(200, R"({"issuer":"https://evil.test"})"));
}

TEST(WhyNotTwoHundred, NamesTheTargetOfARedirect) {
  http::Response response;
  response.status = 301;
  EXPECT_EQ(WhyNotTwoHundred(response), "answered 301, not 200");
  response.headers = {{"location", "https://login.test/index.php\x1b"}};
  EXPECT_EQ(WhyNotTwoHundred(response),
            "answered 301, a redirect to \"https://login.test/index.php?\", "
            "not 200");
  EXPECT_TRUE(WhyNotHere(response));
}

TEST(JwksUriIn, ReadsTheAddressOfTheKeySet) {
  const auto uri =
      JwksUriIn(R"({"issuer":"https://login.test/tenant","extra":[1],)"
                R"("jwks_uri":"https://keys.test/jwks?v=1"})",
                kIssuer);
  ASSERT_TRUE(uri.ok()) << uri.status();
  EXPECT_EQ(*uri, "https://keys.test/jwks?v=1");
}

TEST(JwksUriIn, SkipsAByteOrderMark) {
  const std::string metadata =
      base::StrCat("\xef\xbb\xbf", R"({"issuer":")", kIssuer,
                   R"(","jwks_uri":"https://keys.test/jwks"})");
  EXPECT_TRUE(JwksUriIn(metadata, kIssuer).ok());
  EXPECT_EQ(WhyNotHere({.status = 200, .body = metadata}), std::nullopt);
}

TEST(JwksUriIn, ComparesTheIssuerByteForByte) {
  for (const char* other :
       {"https://login.test/tenant/", "https://login.test/Tenant",
        "https://LOGIN.test/tenant", "https://login.test:443/tenant",
        "https://evil.test", ""}) {
    EXPECT_THAT(ErrorOf(std::string(R"({"issuer":")") + other +
                        R"(","jwks_uri":"https://login.test/jwks"})"),
                HasSubstr("byte for byte"))
        << other;
  }
}

TEST(JwksUriIn, RefusesMetadataWithoutTheTwoMembers) {
  EXPECT_THAT(ErrorOf(R"({"jwks_uri":"https://login.test/jwks"})"),
              HasSubstr("no member \"issuer\""));
  EXPECT_THAT(ErrorOf(R"({"issuer":7,"jwks_uri":"https://login.test/jwks"})"),
              HasSubstr("no member \"issuer\""));
  EXPECT_THAT(ErrorOf(R"({"issuer":"https://login.test/tenant"})"),
              HasSubstr("no member \"jwks_uri\""));
}

TEST(JwksUriIn, RefusesAJwksUriThatIsNotHttps) {
  for (const char* uri : {"http://login.test/jwks", "file:///etc/passwd",
                          "//login.test/jwks", "/jwks", ""}) {
    EXPECT_THAT(
        ErrorOf(std::string(
                    R"({"issuer":"https://login.test/tenant","jwks_uri":")") +
                uri + "\"}"),
        HasSubstr("jwks_uri"))
        << uri;
  }
}

TEST(JwksUriIn, RefusesTextThatIsNotAJsonObject) {
  for (const char* text : {"", "<html>", "[]", "\"x\"", "{", "null"}) {
    EXPECT_FALSE(JwksUriIn(text, kIssuer).ok()) << text;
  }
  EXPECT_THAT(ErrorOf(R"({"issuer":"https://login.test/tenant",)"
                      R"("issuer":"https://evil.test",)"
                      R"("jwks_uri":"https://login.test/jwks"})"),
              HasSubstr("JSON"));
}

TEST(JwksUriIn, QuotesTheProviderShortAndPrintable) {
  const std::string fault =
      ErrorOf(R"({"issuer":"evil\n\u001b[31m)" + std::string(5000, 'x') +
              R"(","jwks_uri":"https://login.test/jwks"})");
  EXPECT_LT(fault.size(), 500u);
  EXPECT_THAT(fault, Not(HasSubstr("\n")));
  EXPECT_THAT(fault, Not(HasSubstr("\x1b")));
}

}  // namespace
}  // namespace usher::jwks

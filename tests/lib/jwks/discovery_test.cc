#include "lib/jwks/discovery.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

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

TEST(MetadataUrls, AppendsForOpenIdAndInsertsForOAuth) {
  EXPECT_THAT(
      MetadataUrls("https://login.test/tenant/one"),
      ElementsAre(
          "https://login.test/tenant/one/.well-known/openid-configuration",
          "https://login.test/.well-known/oauth-authorization-server/tenant/"
          "one"));
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
                  "tenant"));
}

TEST(MeansNotHere, IsTrueFor4xxExceptThoseThatMeanNotNow) {
  for (int status : {400, 401, 403, 404, 405, 410}) {
    EXPECT_TRUE(MeansNotHere(status)) << status;
  }
  for (int status : {200, 204, 301, 302, 408, 425, 429, 500, 502, 503}) {
    EXPECT_FALSE(MeansNotHere(status)) << status;
  }
}

TEST(JwksUriIn, ReadsTheAddressOfTheKeySet) {
  const auto uri =
      JwksUriIn(R"({"issuer":"https://login.test/tenant","extra":[1],)"
                R"("jwks_uri":"https://keys.test/jwks?v=1"})",
                kIssuer);
  ASSERT_TRUE(uri.ok()) << uri.status();
  EXPECT_EQ(*uri, "https://keys.test/jwks?v=1");
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

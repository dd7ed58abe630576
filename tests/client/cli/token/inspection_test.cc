#include "client/cli/token/inspection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ostream>

#include "lib/base/text/strings.h"
#include "lib/json/base64url.h"

namespace usher::cli {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const absl::Time kNow = absl::FromUnixSeconds(1'767'225'600);
constexpr std::string_view kHeader = R"({"alg":"ES256","kid":"k"})";
// Nothing about it is unusual.
constexpr std::string_view kClaims =
    R"({"iss":"https://i","sub":"a","aud":"orders","iat":1767225500,)"
    R"("exp":1767225850})";

Inspection InspectParts(std::string_view header, std::string_view claims) {
  return Inspect(base::StrCat(json::EncodeBase64Url(header), ".",
                              json::EncodeBase64Url(claims), ".c2ln"),
                 kNow);
}

std::string ClaimOf(const Inspection& inspection, std::string_view name) {
  for (const auto& member : *inspection.claims) {
    if (member.name == name) return member.value;
  }
  return "absent";
}

TEST(Inspection, FindsNothingUnusualInAGoodToken) {
  const Inspection inspection = InspectParts(kHeader, kClaims);
  EXPECT_THAT(inspection.errors, IsEmpty());
  EXPECT_THAT(inspection.lints, IsEmpty());
  EXPECT_EQ(inspection.signature_bytes, 3u);
  EXPECT_EQ(ClaimOf(inspection, "exp"), "2026-01-01T00:04:10Z (in 4m 10s)");
  EXPECT_EQ(ClaimOf(inspection, "aud"), "orders");
}

struct Case {
  std::string_view header;
  std::string_view claims;
  std::string_view lint;
};
void PrintTo(const Case& unusual, std::ostream* out) { *out << unusual.lint; }

class Lints : public ::testing::TestWithParam<Case> {};

TEST_P(Lints, AreReported) {
  const Case& unusual = GetParam();
  EXPECT_THAT(InspectParts(unusual.header, unusual.claims).lints,
              Contains(HasSubstr(std::string(unusual.lint))));
}

INSTANTIATE_TEST_SUITE_P(
    OfHeaders, Lints,
    ::testing::Values(
        Case{R"({"alg":"none"})", kClaims, "is not signed"},
        Case{R"({"alg":"HS256"})", kClaims, "shared secret"},
        Case{R"({"alg":"XY1"})", kClaims, "does not know"},
        Case{R"({"kid":"k"})", kClaims, "no algorithm"},
        Case{R"({"alg":"ES256"})", kClaims, "no key ID (kid)"},
        Case{R"({"alg":"ES256","crit":["x"]})", kClaims, "crit"},
        Case{R"({"alg":"ES256","jku":"https://x"})", kClaims, "jku"},
        Case{R"({"alg":"ES256","jwk":{}})", kClaims, "contains its own key"}));

INSTANTIATE_TEST_SUITE_P(
    OfClaims, Lints,
    ::testing::Values(
        Case{kHeader, "{}", "(no exp)"}, Case{kHeader, "{}", "(iss)"},
        Case{kHeader, "{}", "(aud)"}, Case{kHeader, "{}", "(iat)"},
        Case{kHeader, R"({"aud":[]})", "no audience (aud is an empty list)"},
        Case{kHeader, R"({"exp":"soon"})", "exp is not a number"},
        Case{kHeader, R"({"exp":1767225600000})", "milliseconds"},
        Case{kHeader, R"({"exp":1767225500})", "expired 1m 40s ago"},
        Case{kHeader, R"({"nbf":1767225700})", "not valid for another 1m 40s"},
        Case{kHeader, R"({"iat":1767225700})", "issued 1m 40s in the future"},
        Case{kHeader, R"({"iat":1767225600,"exp":1767398400})", "lives for 2d"},
        Case{kHeader, R"({"iat":1767225600,"exp":1767225599})",
             "expires before"},
        Case{kHeader, R"({"cnf":{"jkt":"x"}})", "bound to its sender's key"},
        Case{kHeader, R"({"nonce":"x"})", "looks like an ID"},
        Case{kHeader, R"({"typ":"ID"})", "looks like an ID"},
        Case{kHeader, R"({"token_use":"id"})", "looks like an ID"}));

TEST(Inspection, SaysWhichPartIsMalformed) {
  const auto errors = [](std::string_view token) {
    return Inspect(token, kNow).errors;
  };
  EXPECT_THAT(errors("opaque"),
              ElementsAre(HasSubstr("may be an opaque token")));
  EXPECT_THAT(errors("eyJhIjoxfQ.a.b.c.d"),
              ElementsAre(HasSubstr("encrypted (JWE)")));
  EXPECT_THAT(errors("eyJ9.e30"), Contains(HasSubstr("has 2 parts")));
  EXPECT_THAT(errors("e30.e3+0.x"),
              Contains(HasSubstr("claims part uses the base64 alphabet")));
  EXPECT_THAT(errors("e3 0.e30.c2ln"),
              Contains(HasSubstr("header has white space")));
  EXPECT_THAT(errors("e30.e30.c2lnx"),
              Contains(HasSubstr("signature is 5 characters long")));
  EXPECT_THAT(errors("e30..c2ln"), Contains(HasSubstr("claims part is empty")));
  EXPECT_THAT(errors(".e30.c2ln"), Contains(HasSubstr("header is empty")));
  EXPECT_THAT(errors(std::string(20'000, 'a')),
              Contains(HasSubstr("20000 characters long")));
}

TEST(Inspection, ShowsTheGoodPartsOfABrokenToken) {
  const Inspection inspection =
      Inspect(base::StrCat(json::EncodeBase64Url(kHeader), ".e30=.c2ln"), kNow);
  EXPECT_TRUE(inspection.header.has_value());
  EXPECT_FALSE(inspection.claims.has_value());
}

TEST(Inspection, ReportsDuplicateMembers) {
  EXPECT_THAT(InspectParts(kHeader, R"({"sub":"a","sub":"b"})").errors,
              Contains(HasSubstr("not valid JSON")));
}

TEST(Base64UrlError, IsEmptyForGoodText) {
  EXPECT_EQ(Base64UrlError("e30"), "");
  EXPECT_EQ(Base64UrlError(""), "");
}

TEST(Base64UrlError, ReportsUnusedBitsAtTheEnd) {
  EXPECT_THAT(Base64UrlError("e31"), HasSubstr("bits"));
}

}  // namespace
}  // namespace usher::cli

#include "lib/introspect/signed_answer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

#include "lib/base/text/strings.h"
#include "tests/support/fake_clock.h"
#include "tests/support/test_issuer.h"

namespace usher::introspect {
namespace {

using ::testing::HasSubstr;
using Kind = EndpointErrorKind;

constexpr std::string_view kHeader = R"({"typ":"token-introspection+jwt"})";
constexpr std::string_view kClaims =
    R"({"aud":"usher","token_introspection":{"active":true,"sub":"alice"}})";

class SignedAnswer : public ::testing::Test {
 protected:
  std::string Signed(std::string_view claims = kClaims,
                     std::string_view header = kHeader) {
    return provider.Mint(
        {.claims = std::string(claims), .header = std::string(header)});
  }
  std::variant<std::string, EndpointError> Read(std::string_view jwt) {
    const auto keys = jose::KeySet::FromJwks(published);
    EXPECT_TRUE(keys.ok());
    return ReadSignedAnswer(jwt, {.keys = *keys,
                                  .algorithms = jose::DefaultAlgs(),
                                  .issuers = issuers,
                                  .client_id = "usher"});
  }
  EndpointError ErrorOf(std::string_view jwt) {
    const auto read = Read(jwt);
    const auto* error = std::get_if<EndpointError>(&read);
    EXPECT_NE(error, nullptr) << jwt;
    return error ? *error : EndpointError{};
  }

  testing::FakeClock clock;
  testing::TestIssuer provider{clock};
  std::string published = provider.Jwks();
  std::array<std::string, 2> issuers = {"https://alias.test",
                                        provider.issuer()};
};

TEST_F(SignedAnswer, HasTheAnswerInAMemberOfItsOwn) {
  const auto read = Read(Signed());
  ASSERT_TRUE(std::holds_alternative<std::string>(read));
  EXPECT_EQ(std::get<std::string>(read), R"({"active":true,"sub":"alice"})");
}

TEST_F(SignedAnswer, MayNameSeveralAudiencesAndTheWholeType) {
  const auto read =
      Read(Signed(R"({"aud":["other","usher"],"token_introspection":{}})",
                  R"({"typ":"application/token-introspection+jwt"})"));
  EXPECT_TRUE(std::holds_alternative<std::string>(read));
}

TEST_F(SignedAnswer, MustBeSignedByAKeyOfTheIssuer) {
  testing::TestIssuer other(clock);
  published = other.Jwks();
  const EndpointError error = ErrorOf(Signed());
  EXPECT_EQ(error.kind, Kind::kSignature);
  EXPECT_THAT(error.message, HasSubstr("key of its key set"));
}

TEST_F(SignedAnswer, OfWhichABitHasChangedIsRefused) {
  std::string jwt = Signed();
  jwt[jwt.size() - 10] = jwt[jwt.size() - 10] == 'A' ? 'B' : 'A';
  EXPECT_EQ(ErrorOf(jwt).kind, Kind::kSignature);
}

// The signature of the issuer is on its access tokens too.
TEST_F(SignedAnswer, IsNoOtherJwtOfTheIssuer) {
  EXPECT_THAT(ErrorOf(provider.Mint()).message, HasSubstr("type"));
  EXPECT_THAT(ErrorOf(Signed(kClaims, R"({"typ":"at+jwt"})")).message,
              HasSubstr("type"));
}

TEST_F(SignedAnswer, IsForThisClientAndFromThisIssuer) {
  EXPECT_THAT(
      ErrorOf(Signed(R"({"aud":"other","token_introspection":{}})")).message,
      HasSubstr("client_id"));
  EXPECT_THAT(
      ErrorOf(Signed(R"({"aud":["a",1],"token_introspection":{}})")).message,
      HasSubstr("client_id"));
  EXPECT_THAT(ErrorOf(Signed(R"({"iss":"https://evil.test","aud":"usher",)"
                             R"("token_introspection":{}})"))
                  .message,
              HasSubstr("iss"));
}

TEST_F(SignedAnswer, WithoutTheAnswerIsMalformed) {
  for (const char* claims :
       {R"({"aud":"usher","active":true})",
        R"({"aud":"usher","token_introspection":"{}"})",
        R"({"aud":"usher","token_introspection":[true]})"}) {
    EXPECT_EQ(ErrorOf(Signed(claims)).kind, Kind::kMalformed) << claims;
  }
}

TEST_F(SignedAnswer, ThatIsNoJwtIsMalformed) {
  for (const char* text : {"", "{}", R"({"active":true})", "a.b.c", "a.b",
                           "eyJhbGciOiJub25lIn0.e30."}) {
    EXPECT_EQ(ErrorOf(text).kind, Kind::kMalformed) << text;
  }
}

}  // namespace
}  // namespace usher::introspect

#include "tests/support/introspection_endpoint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/oauth/client_authentication.h"
#include "tests/support/fake_clock.h"

namespace usher::testing {
namespace {

using oauth::ClientAuthentication;
using oauth::ClientAuthMethod;
using ::testing::HasSubstr;

class IntrospectionEndpointTest : public ::testing::Test {
 protected:
  httpd::Response Ask(const ClientAuthentication& as, std::string_view token) {
    oauth::Form form;
    form.Add("token", token);
    const http::Request sent =
        as.Post(issuer_.introspection_uri(), form, clock_.Now());
    httpd::Request request;
    request.method = "POST";
    request.body = *sent.body;
    request.headers = sent.headers;
    if (const auto& authorization = sent.credentials.authorization) {
      request.headers.emplace_back("authorization", authorization->Reveal());
    }
    return Introspect(issuer_, client_, request);
  }
  ClientAuthentication Usher(ClientAuthMethod method,
                             std::string secret = "usher-secret") {
    return *ClientAuthentication::WithSecret(method, "usher",
                                             Secret(std::move(secret)));
  }

  FakeClock clock_;
  TestIssuer issuer_{clock_};
  DevClient client_;
};

TEST_F(IntrospectionEndpointTest, TellsTheClaimsOfAnOpaqueToken) {
  const std::string token =
      issuer_.MintOpaque({.claims = R"({"scope":"read"})"}, "at_");
  EXPECT_TRUE(token.starts_with("at_"));
  const auto response = Ask(Usher(ClientAuthMethod::kBasic), token);
  EXPECT_EQ(response.status, 200);
  EXPECT_THAT(response.body, HasSubstr(R"("active":true)"));
  EXPECT_THAT(response.body, HasSubstr(R"("scope":"read")"));
}

TEST_F(IntrospectionEndpointTest, TellsTheClaimsOfItsJwts) {
  EXPECT_THAT(Ask(Usher(ClientAuthMethod::kPost), issuer_.Mint()).body,
              HasSubstr(R"("sub":"alice")"));
}

TEST_F(IntrospectionEndpointTest, ATokenThatItDidNotMakeIsInactive) {
  TestIssuer other(clock_);
  for (const std::string& token :
       {std::string("unknown"), other.Mint(), std::string()}) {
    EXPECT_EQ(Ask(Usher(ClientAuthMethod::kPost), token).body,
              R"({"active":false})");
  }
}

TEST_F(IntrospectionEndpointTest, ARevokedOrExpiredTokenIsInactive) {
  const std::string opaque = issuer_.MintOpaque();
  const std::string jwt = issuer_.Mint();
  const std::string kept = issuer_.MintOpaque();
  issuer_.Revoke(opaque);
  issuer_.Revoke(jwt);
  const auto client = Usher(ClientAuthMethod::kBasic);
  EXPECT_EQ(Ask(client, opaque).body, R"({"active":false})");
  EXPECT_EQ(Ask(client, jwt).body, R"({"active":false})");
  EXPECT_THAT(Ask(client, kept).body, HasSubstr(R"("active":true)"));
  clock_.Advance(absl::Seconds(300));
  EXPECT_EQ(Ask(client, kept).body, R"({"active":false})");
}

TEST_F(IntrospectionEndpointTest, RefusesAClientWithoutItsProof) {
  for (const ClientAuthMethod method :
       {ClientAuthMethod::kBasic, ClientAuthMethod::kPost}) {
    EXPECT_EQ(Ask(Usher(method, "wrong"), "t").status, 401);
  }
  EXPECT_EQ(Ask(ClientAuthentication::Public("usher"), "t").status, 401);
}

TEST_F(IntrospectionEndpointTest, AcceptsAnAssertionOfTheClientsKeyAlone) {
  const auto key = *jose::SigningKey::Generate(jose::Alg::kEs256);
  const auto other = *jose::SigningKey::Generate(jose::Alg::kEs256);
  const auto with = [&](const jose::SigningKey& signer, std::string audience) {
    return ClientAuthentication::WithKey(
        "usher",
        {.key = signer, .key_id = {}, .audience = std::move(audience)});
  };
  EXPECT_EQ(Ask(with(key, issuer_.issuer()), "t").status, 401);
  client_.public_key = key.PublicPem();
  EXPECT_EQ(Ask(with(key, issuer_.issuer()), "t").status, 200);
  EXPECT_EQ(Ask(with(other, issuer_.issuer()), "t").status, 401);
  EXPECT_EQ(Ask(with(key, "https://other.test"), "t").status, 401);
}

TEST(FormField, DecodesTheFieldOfThatName) {
  EXPECT_EQ(FormField("a=1&token=x%2By+z&b=", "token"), "x+y z");
  EXPECT_EQ(FormField("a=1", "token"), std::nullopt);
  EXPECT_EQ(FormField("token=%4", "token"), std::nullopt);
  EXPECT_EQ(FormField("token=%41", "token"), "A");
}

}  // namespace
}  // namespace usher::testing

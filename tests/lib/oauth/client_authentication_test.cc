#include "lib/oauth/client_authentication.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/jose/jws.h"
#include "lib/jose/key_set.h"
#include "tests/support/certificate_authority.h"

namespace usher::oauth {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);
constexpr char kEndpoint[] = "https://login.example.com/introspect";

Form TokenForm() {
  Form form;
  form.Add("token", "opaque");
  return form;
}

std::string HeaderOf(const http::Request& request, std::string_view name) {
  for (const auto& [key, value] : request.headers) {
    if (key == name) return value;
  }
  return "";
}

TEST(ClientAuthentication, EveryMethodHasARowInTheTable) {
  for (const ClientAuthMethodInfo& row : ClientAuthMethods()) {
    EXPECT_EQ(&InfoOf(row.method), &row) << row.name;
  }
}

TEST(ClientAuthentication, APublicClientOnlyNamesItself) {
  const http::Request request =
      ClientAuthentication::Public("usher").Post(kEndpoint, TokenForm(), kNow);
  EXPECT_EQ(request.url, kEndpoint);
  EXPECT_EQ(request.body, "token=opaque&client_id=usher");
  EXPECT_EQ(HeaderOf(request, "content-type"),
            "application/x-www-form-urlencoded");
  EXPECT_EQ(request.credentials.authorization, nullptr);
}

// RFC 6749 section 2.3.1: the parts are form-encoded before Base64, so a colon
// or a percent sign in them is not ambiguous.
TEST(ClientAuthentication, BasicEncodesBothPartsBeforeBase64) {
  const auto client = ClientAuthentication::WithSecret(
      ClientAuthMethod::kBasic, "us:her", Secret("p%ss w:rd"));
  ASSERT_TRUE(client.ok());
  const http::Request request = client->Post(kEndpoint, TokenForm(), kNow);
  // us%3Aher:p%25ss+w%3Ard
  ASSERT_NE(request.credentials.authorization, nullptr);
  EXPECT_EQ(request.credentials.authorization->Reveal(),
            "Basic dXMlM0FoZXI6cCUyNXNzK3clM0FyZA==");
  EXPECT_EQ(request.body, "token=opaque");
}

TEST(ClientAuthentication, PostSendsTheSecretInTheForm) {
  const auto client = ClientAuthentication::WithSecret(
      ClientAuthMethod::kPost, "usher", Secret("s&cret"));
  ASSERT_TRUE(client.ok());
  const http::Request request = client->Post(kEndpoint, TokenForm(), kNow);
  EXPECT_EQ(request.body,
            "token=opaque&client_id=usher&client_secret=s%26cret");
  EXPECT_EQ(request.credentials.authorization, nullptr);
}

TEST(ClientAuthentication, AMethodWithoutASecretRefusesOne) {
  EXPECT_FALSE(ClientAuthentication::WithSecret(ClientAuthMethod::kMutualTls,
                                                "usher", Secret("x"))
                   .ok());
  EXPECT_FALSE(ClientAuthentication::WithSecret(ClientAuthMethod::kBasic,
                                                "usher", Secret())
                   .ok());
}

TEST(ClientAuthentication, ACertificateNamesTheClientInTheForm) {
  const testing::CertificateAuthority ca;
  const testing::Certificate issued = ca.Issue();
  const auto certificate =
      http::ClientCertificate::Create(issued.chain, Secret(issued.private_key));
  ASSERT_TRUE(certificate.ok()) << certificate.status();
  const http::Request request =
      ClientAuthentication::WithCertificate("usher", *certificate)
          .Post(kEndpoint, TokenForm(), kNow);
  EXPECT_EQ(request.body, "token=opaque&client_id=usher");
  EXPECT_EQ(request.credentials.certificate, *certificate);
}

class PrivateKeyJwt : public ::testing::Test {
 protected:
  std::string Assertion() const {
    const auto client = ClientAuthentication::WithKey(
        "usher", {.key = key_, .key_id = "k1", .audience = "https://issuer"});
    const std::string body =
        client.Post(kEndpoint, TokenForm(), kNow).body.value_or("");
    constexpr std::string_view kField = "&client_assertion=";
    return body.substr(body.find(kField) + kField.size());
  }

  const jose::SigningKey key_ = *jose::SigningKey::Generate(jose::Alg::kEs256);
};

TEST_F(PrivateKeyJwt, SignsWhoAsksWhomAndForOneMinute) {
  const std::string assertion = Assertion();
  const auto keys =
      jose::KeySet::FromJwks("{\"keys\":[" + key_.PublicJwk("k1") + "]}");
  ASSERT_TRUE(keys.ok()) << keys.status();
  auto jws = jose::Jws::Parse(assertion, jose::JwsScratch::ThisThread());
  ASSERT_TRUE(jws.ok());
  EXPECT_EQ(jws->kid(), "k1");
  const auto payload = jws->Verify(keys->keys().front(), jose::DefaultAlgs());
  ASSERT_TRUE(payload.ok());
  EXPECT_THAT(std::string(payload->text()),
              HasSubstr(R"("iss":"usher","sub":"usher",)"
                        R"("aud":"https://issuer","jti":")"));
  EXPECT_EQ(payload->claims().Find("iat")->Integer(), 1'800'000'000);
  EXPECT_EQ(payload->claims().Find("exp")->Integer(), 1'800'000'060);
}

// An authorization server may refuse an assertion that it has seen before.
TEST_F(PrivateKeyJwt, MakesANewAssertionForEachRequest) {
  EXPECT_NE(Assertion(), Assertion());
}

TEST_F(PrivateKeyJwt, NamesTheTypeOfTheAssertion) {
  const auto client = ClientAuthentication::WithKey(
      "usher", {.key = key_, .key_id = {}, .audience = "https://issuer"});
  const http::Request request = client.Post(kEndpoint, TokenForm(), kNow);
  EXPECT_THAT(*request.body,
              HasSubstr("client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3A"
                        "client-assertion-type%3Ajwt-bearer"));
  EXPECT_THAT(*request.body, Not(HasSubstr("client_secret")));
}

}  // namespace
}  // namespace usher::oauth

#include "lib/jose/sign.h"

#include <memory>

#include "gtest/gtest.h"
#include "lib/base/text/strings.h"
#include "lib/jose/signature.h"
#include "tests/lib/jose/jose_support.h"

namespace usher::jose {
namespace {

using Pkey = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;

std::string NewPem(const char* kind, const char* curve) {
  return PrivatePem(Pkey(curve == nullptr
                             ? EVP_PKEY_Q_keygen(nullptr, nullptr, kind)
                             : EVP_PKEY_Q_keygen(nullptr, nullptr, kind, curve),
                         EVP_PKEY_free)
                        .get());
}

std::string ErrorOf(Alg alg, std::string pem) {
  return std::string(base::Std(
      absl::Status(SigningKey::FromPem(alg, Secret(std::move(pem))).status())
          .message()));
}

TEST(SigningKey, WritesThePublicKeyAsAJwk) {
  for (const AlgInfo& row : Algs()) {
    const SigningKey& signer = SharedKey(row.alg);
    EXPECT_EQ(signer.alg(), row.alg);
    const auto key = KeyFromJwk(signer.PublicJwk("the kid"));
    ASSERT_TRUE(key.ok()) << row.name << key.status();
    EXPECT_EQ(key->kid(), "the kid");
    EXPECT_EQ(key->algs().Only(), row.alg);
    EXPECT_EQ(KeyFromJwk(signer.PublicJwk(std::nullopt))->kid(), std::nullopt);
  }
}

TEST(SigningKey, WritesTheMembersOfAJwkInOrder) {
  const std::string jwk = SharedKey(Alg::kEs256).PublicJwk("k");
  EXPECT_TRUE(jwk.starts_with(
      R"({"kty":"EC","kid":"k","alg":"ES256","use":"sig","crv":"P-256","x":")"))
      << jwk;
}

TEST(SigningKey, EscapesTheKid) {
  EXPECT_EQ(KeyFromJwk(SharedKey(Alg::kEs256).PublicJwk("a\"b\\\n"))->kid(),
            "a\"b\\\n");
}

TEST(SigningKey, SignsWithAKeyFromPem) {
  const auto signer =
      SigningKey::FromPem(Alg::kEs384, Secret(NewPem("EC", "P-384")));
  ASSERT_TRUE(signer.ok()) << signer.status();
  EXPECT_TRUE(VerifySignature(PublicKeyOf(*signer), Alg::kEs384, "text",
                              signer->Sign("text")));
}

TEST(SigningKey, GeneratesRsaKeysOfTheGivenSize) {
  const auto signer = SigningKey::Generate(Alg::kRs256, 3072);
  ASSERT_TRUE(signer.ok()) << signer.status();
  EXPECT_EQ(PublicKeyOf(*signer).bits(), 3072);
  EXPECT_EQ(SigningKey::Generate(Alg::kRs256, 1024).status().message(),
            "RSA modulus has 1024 bits, not 2048 to 8192");
}

TEST(SigningKey, RefusesAKeyThatDoesNotFitTheAlgorithm) {
  EXPECT_EQ(ErrorOf(Alg::kEs256, NewPem("EC", "P-384")),
            "alg does not fit the key");
  EXPECT_EQ(ErrorOf(Alg::kRs256, NewPem("EC", "P-256")),
            "alg does not fit the key");
  EXPECT_EQ(ErrorOf(Alg::kEd25519, NewPem("ED448", nullptr)),
            "alg does not fit the key");
  EXPECT_EQ(ErrorOf(Alg::kEd25519, NewPem("X25519", nullptr)),
            "key is none of RSA, EC, Ed25519, Ed448");
}

TEST(SigningKey, RefusesOtherTextWithoutQuotingIt) {
  const std::string wrong = "not a PEM with an unencrypted private key";
  EXPECT_EQ(ErrorOf(Alg::kEs256, ""), wrong);
  EXPECT_EQ(ErrorOf(Alg::kEs256, "SECRET"), wrong);
  EXPECT_EQ(ErrorOf(Alg::kEs256, SharedKey(Alg::kEs256).PublicPem()), wrong);
  EXPECT_EQ(ErrorOf(Alg::kEs256,
                    "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMAA=\n"
                    "-----END ENCRYPTED PRIVATE KEY-----\n"),
            wrong);
}

}  // namespace
}  // namespace usher::jose

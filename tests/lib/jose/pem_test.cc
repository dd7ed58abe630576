#include <openssl/pem.h>

#include <memory>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "lib/base/text/strings.h"
#include "lib/jose/key_set.h"
#include "lib/jose/material.h"
#include "lib/jose/signature.h"
#include "tests/lib/jose/jose_support.h"

namespace usher::jose {
namespace {

using base::StrCat;
using Pkey = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;

Pkey NewRsa(size_t bits) {
  return Pkey(EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", bits), EVP_PKEY_free);
}
Pkey NewOkp(const char* name) {
  return Pkey(EVP_PKEY_Q_keygen(nullptr, nullptr, name), EVP_PKEY_free);
}

std::string DerOf(const std::string& pem) {
  BIO* bio = BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()));
  char* label = nullptr;
  char* header = nullptr;
  unsigned char* data = nullptr;
  long size = 0;
  PEM_read_bio(bio, &label, &header, &data, &size);
  const std::string der(reinterpret_cast<char*>(data),
                        static_cast<size_t>(size));
  OPENSSL_free(label);
  OPENSSL_free(header);
  OPENSSL_free(data);
  BIO_free(bio);
  return der;
}

std::string PemOf(const std::string& label, const std::string& der) {
  BIO* bio = BIO_new(BIO_s_mem());
  PEM_write_bio(bio, label.c_str(), "",
                reinterpret_cast<const unsigned char*>(der.data()),
                static_cast<long>(der.size()));
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  const std::string pem(data, static_cast<size_t>(size));
  BIO_free(bio);
  return pem;
}

std::string ErrorOf(std::string_view pem) {
  return std::string(base::Std(
      absl::Status(Key::FromPem(pem, std::nullopt).status()).message()));
}

std::string SetErrorOf(std::string_view pem) {
  return std::string(
      base::Std(absl::Status(KeySet::FromPem(pem).status()).message()));
}

TEST(Pem, ReadsPublicKeysAndCertificates) {
  for (const Pkey& pkey : {NewEc("P-256"), NewRsa(2048), NewOkp("ED25519")}) {
    const auto key = Key::FromPem(PublicPem(pkey.get()), "k");
    const auto wrapped = Key::FromPem(CertificatePem(pkey.get()), std::nullopt);
    ASSERT_TRUE(key.ok()) << key.status();
    ASSERT_TRUE(wrapped.ok()) << wrapped.status();
    EXPECT_EQ(key->thumbprint(), wrapped->thumbprint());
    EXPECT_EQ(key->kid(), "k");
    EXPECT_EQ(wrapped->kid(), std::nullopt);
  }
}

TEST(Pem, AKeyFromPemEqualsTheOneFromTheJwk) {
  for (const AlgInfo& row : Algs()) {
    const SigningKey& signer = SharedKey(row.alg);
    const Key key = UnboundKeyOf(signer);
    EXPECT_EQ(key.thumbprint(), PublicKeyOf(signer).thumbprint()) << row.name;
    EXPECT_TRUE(VerifySignature(key, row.alg, "text", signer.Sign("text")))
        << row.name;
  }
}

TEST(Pem, IgnoresTextAndOtherBlocks) {
  const Pkey pkey = NewEc("P-384");
  const std::string pem = StrCat(
      "a comment\n-----BEGIN EC PARAMETERS-----\nBgUrgQQAIg==\n"
      "-----END EC PARAMETERS-----\n",
      PublicPem(pkey.get()), "more\n");
  const auto key = Key::FromPem(pem, std::nullopt);
  ASSERT_TRUE(key.ok()) << key.status();
  EXPECT_EQ(NamesOf(key->algs()), "ES384");
}

TEST(Pem, RefusesPrivateKeysAnywhere) {
  const Pkey pkey = NewEc("P-256");
  const std::string secret = PrivatePem(pkey.get());
  const std::string open = PublicPem(pkey.get());
  EXPECT_EQ(ErrorOf(secret), "holds a private key");
  for (const std::string& both : {StrCat(open, secret), StrCat(secret, open)}) {
    EXPECT_EQ(ErrorOf(both), "holds a private key");
    EXPECT_EQ(SetErrorOf(both), "holds a private key");
  }
}

TEST(Pem, RefusesTextThatIsNotPem) {
  const std::string none = "no PUBLIC KEY or CERTIFICATE block";
  EXPECT_EQ(ErrorOf(""), none);
  EXPECT_EQ(ErrorOf("{\"keys\":[]}"), none);
  EXPECT_EQ(ErrorOf(std::string(2 << 20, 'x')), "PEM is larger than 1 MiB");
}

TEST(Pem, RefusesDamagedBlocks) {
  const std::string pem = PublicPem(NewEc("P-256").get());
  EXPECT_EQ(ErrorOf(pem.substr(0, pem.size() - 40)), "damaged PEM block");
  std::string garbled = pem;
  garbled[40] = '!';
  EXPECT_EQ(ErrorOf(garbled), "damaged PEM block");
  EXPECT_EQ(ErrorOf("-----BEGIN PUBLIC KEY-----\nAAAA\n"
                    "-----END PUBLIC KEY-----\n"),
            "cannot be read");
  EXPECT_EQ(ErrorOf("-----BEGIN CERTIFICATE-----\nMAA=\n"
                    "-----END CERTIFICATE-----\n"),
            "cannot be read");
}

// They would be a second text for the same key.
TEST(Pem, RefusesBytesAfterTheKey) {
  const Pkey pkey = NewEc("P-256");
  for (const std::string& pem :
       {PublicPem(pkey.get()), CertificatePem(pkey.get())}) {
    const std::string label = pem.find("CERTIFICATE") == std::string::npos
                                  ? "PUBLIC KEY"
                                  : "CERTIFICATE";
    EXPECT_EQ(ErrorOf(PemOf(label, StrCat(DerOf(pem), '\0'))),
              "cannot be read");
    EXPECT_TRUE(KeySet::FromPem(PemOf(label, DerOf(pem))).ok());
  }
}

TEST(Pem, ChecksTheKeyLikeOneFromAJwk) {
  EXPECT_EQ(ErrorOf(PublicPem(NewRsa(1024).get())),
            "RSA modulus has 1024 bits, not 2048 to 8192");
  EXPECT_EQ(ErrorOf(PublicPem(NewEc("secp256k1").get())),
            "EC curve is none of P-256, P-384, P-521");
  EXPECT_EQ(ErrorOf(PublicPem(NewOkp("X25519").get())),
            "key is none of RSA, EC, Ed25519, Ed448");
}

TEST(Pem, ASetHasEveryKeyInOrder) {
  const Pkey one = NewEc("P-256");
  const Pkey two = NewOkp("ED25519");
  const auto set =
      KeySet::FromPem(StrCat(PublicPem(one.get()), CertificatePem(two.get())));
  ASSERT_TRUE(set.ok()) << set.status();
  ASSERT_EQ(set->keys().size(), 2u);
  EXPECT_EQ(NamesOf(set->keys()[0].algs()), "ES256");
  EXPECT_EQ(NamesOf(set->keys()[1].algs()), "Ed25519");
}

TEST(Pem, ASetLeavesOutUnusableBlocksAndSaysWhy) {
  const std::string good = PublicPem(NewEc("P-256").get());
  std::string garbled = good;
  garbled[40] = '!';
  const std::string pem =
      StrCat(PublicPem(NewRsa(1024).get()), garbled, good,
             PublicPem(NewOkp("X25519").get()), PemOf("CERTIFICATE", "no"),
             PemOf("PKCS7", "no"), "-----BEGIN PUBLIC KEY-----\ncut off");
  const auto set = KeySet::FromPem(pem);
  ASSERT_TRUE(set.ok()) << set.status();
  EXPECT_EQ(set->keys().size(), 1u);
  EXPECT_THAT(
      set->ignored(),
      ::testing::ElementsAre(
          "block 1 (PUBLIC KEY): RSA modulus has 1024 bits, not 2048 to 8192",
          "block 2: damaged PEM block",
          "block 4 (PUBLIC KEY): key is none of RSA, EC, Ed25519, Ed448",
          "block 5 (CERTIFICATE): cannot be read",
          "block 6 (PKCS7): is not a public key",
          "block 7: damaged PEM block"));
}

TEST(Pem, ASetWithoutAUsableKeyIsAnError) {
  EXPECT_EQ(SetErrorOf(PublicPem(NewRsa(1024).get())),
            "PEM: no usable key; block 1 (PUBLIC KEY): RSA modulus has 1024 "
            "bits, not 2048 to 8192");
}

// The form of `openssl rsa -RSAPublicKey_out`, and of many key files.
TEST(Pem, ReadsAnRsaKeyOfPkcs1) {
  const Pkey pkey = NewRsa(2048);
  unsigned char* der = nullptr;
  const int size = i2d_PublicKey(pkey.get(), &der);
  ASSERT_GT(size, 0);
  const std::string pem = PemOf(
      "RSA PUBLIC KEY",
      std::string(reinterpret_cast<char*>(der), static_cast<size_t>(size)));
  OPENSSL_free(der);
  const auto key = Key::FromPem(pem, std::nullopt);
  ASSERT_TRUE(key.ok()) << key.status();
  EXPECT_EQ(key->thumbprint(),
            Key::FromPem(PublicPem(pkey.get()), std::nullopt)->thumbprint());
}

TEST(Pem, AKeyKnowsTheThumbprintsOfItsCertificate) {
  const Pkey pkey = NewEc("P-256");
  const std::string pem = CertificatePem(pkey.get());
  const std::string der = DerOf(pem);
  const auto certificate = CertificateThumbprints::Of(der);
  const auto key = Key::FromPem(pem, std::nullopt);
  ASSERT_TRUE(key.ok()) << key.status();
  EXPECT_TRUE(key->HasCertificate(certificate.x5t, std::nullopt));
  EXPECT_TRUE(key->HasCertificate(std::nullopt, certificate.x5t_s256));
  EXPECT_FALSE(key->HasCertificate("AAAA", std::nullopt));
  EXPECT_FALSE(key->HasCertificate(std::nullopt, std::nullopt));
  // Of the two, SHA-256 decides.
  EXPECT_FALSE(key->HasCertificate(certificate.x5t, "AAAA"));
  const auto bare = Key::FromPem(PublicPem(pkey.get()), std::nullopt);
  EXPECT_FALSE(bare->HasCertificate("", ""));
}

TEST(Pem, ASetReadsTheFirstFiveHundredKeys) {
  const std::string pem = PublicPem(NewEc("P-256").get());
  std::string many;
  for (size_t i = 0; i < KeySet::kMaxKeys; ++i) many += pem;
  EXPECT_EQ(KeySet::FromPem(many)->keys().size(), KeySet::kMaxKeys);
  const auto more = KeySet::FromPem(many + pem);
  ASSERT_TRUE(more.ok()) << more.status();
  EXPECT_EQ(more->keys().size(), KeySet::kMaxKeys);
  EXPECT_THAT(
      more->ignored(),
      ::testing::ElementsAre("only the first 500 keys of a set are read"));
}

}  // namespace
}  // namespace usher::jose

#include <openssl/pem.h>

#include <memory>
#include <string>

#include "gtest/gtest.h"
#include "lib/base/strings.h"
#include "lib/jose/key_set.h"
#include "lib/jose/signature.h"
#include "tests/lib/jose/jose_support.h"

namespace usher::jose {
namespace {

using base::StrCat;
using Pkey = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;

Pkey NewEc(const char* curve) {
  return Pkey(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", curve), EVP_PKEY_free);
}
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
  const std::string one(base::Std(
      absl::Status(Key::FromPem(pem, std::nullopt).status()).message()));
  const std::string set(
      base::Std(absl::Status(KeySet::FromPem(pem).status()).message()));
  EXPECT_EQ(one, set);
  return one;
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
  EXPECT_EQ(ErrorOf(StrCat(open, secret)), "holds a private key");
  EXPECT_EQ(ErrorOf(StrCat(secret, open)), "holds a private key");
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
            "PUBLIC KEY block cannot be read");
  EXPECT_EQ(ErrorOf("-----BEGIN CERTIFICATE-----\nMAA=\n"
                    "-----END CERTIFICATE-----\n"),
            "CERTIFICATE block cannot be read");
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
              StrCat(label, " block cannot be read"));
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

TEST(Pem, ASetHasAtMostAHundredKeys) {
  const std::string pem = PublicPem(NewEc("P-256").get());
  std::string many;
  for (size_t i = 0; i < KeySet::kMaxKeys; ++i) many += pem;
  EXPECT_EQ(KeySet::FromPem(many)->keys().size(), KeySet::kMaxKeys);
  EXPECT_EQ(KeySet::FromPem(many + pem).status().message(),
            "PEM: more than 100 keys");
}

}  // namespace
}  // namespace usher::jose

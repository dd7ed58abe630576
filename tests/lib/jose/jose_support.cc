#include "tests/lib/jose/jose_support.h"

#include <openssl/pem.h>
#include <openssl/x509.h>

#include <array>
#include <fstream>
#include <iterator>
#include <optional>

#include "gtest/gtest.h"
#include "lib/base/mutex.h"
#include "lib/base/text/strings.h"
#include "tests/support/paths.h"

namespace usher::jose {
namespace {

std::string TextOf(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  std::string text(data, static_cast<size_t>(size));
  BIO_free(bio);
  return text;
}

}  // namespace

const SigningKey& SharedKey(Alg alg) {
  static base::Mutex mutex;
  static std::array<std::optional<SigningKey>, kAlgs> keys;
  const base::MutexLock lock(mutex);
  std::optional<SigningKey>& key = keys[static_cast<size_t>(alg)];
  if (!key) key = SigningKey::Generate(alg).value();
  return *key;
}

Key PublicKeyOf(const SigningKey& key) {
  return KeyFromJwk(key.PublicJwk("k")).value();
}

Key UnboundKeyOf(const SigningKey& key) {
  return Key::FromPem(key.PublicPem(), std::nullopt).value();
}

absl::StatusOr<Key> KeyFromJwk(std::string_view jwk) {
  json::Reader reader;
  const std::optional<json::Value> value = reader.Parse(jwk);
  if (!value) {
    return absl::InternalError(
        base::Absl(base::StrCat("the test's JSON: ", reader.error())));
  }
  return Key::FromJwk(*value);
}

std::string ErrorOfJwk(std::string_view jwk) {
  return std::string(base::Std(KeyFromJwk(jwk).status().message()));
}

std::string TestData(std::string_view name) {
  const std::string path =
      base::StrCat(testing::kSourceDir, "/tests/data/", name);
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file.good()) << path;
  return std::string(std::istreambuf_iterator<char>(file), {});
}

std::string TestNameOf(Alg alg) { return std::string(InfoOf(alg).name); }

std::string PrivatePem(EVP_PKEY* key) {
  BIO* bio = BIO_new(BIO_s_mem());
  PEM_write_bio_PrivateKey(bio, key, nullptr, nullptr, 0, nullptr, nullptr);
  return TextOf(bio);
}

std::string PublicPem(EVP_PKEY* key) {
  BIO* bio = BIO_new(BIO_s_mem());
  PEM_write_bio_PUBKEY(bio, key);
  return TextOf(bio);
}

std::string CertificatePem(EVP_PKEY* key) {
  X509* certificate = X509_new();
  X509_set_version(certificate, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
  // In the past: the dates are ignored.
  X509_gmtime_adj(X509_getm_notBefore(certificate), -7200);
  X509_gmtime_adj(X509_getm_notAfter(certificate), -3600);
  X509_set_pubkey(certificate, key);
  const bool hashes_itself = EVP_PKEY_get_base_id(key) == EVP_PKEY_ED25519;
  X509_sign(certificate, key, hashes_itself ? nullptr : EVP_sha256());
  BIO* bio = BIO_new(BIO_s_mem());
  PEM_write_bio_X509(bio, certificate);
  X509_free(certificate);
  return TextOf(bio);
}

std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> NewEc(const char* curve) {
  return {EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", curve), EVP_PKEY_free};
}

}  // namespace usher::jose

#include "lib/http/credentials/key_pair.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <cstdlib>
#include <string>

#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "lib/base/file.h"
#include "tests/support/certificate_authority.h"
#include "tests/support/scratch_directory.h"

namespace usher::http {
namespace {

using ::testing::AllOf;
using testing::Certificate;
using testing::CertificateAuthority;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using File = KeyPairProblem::File;

auto Error(File file, const char* text) {
  return AllOf(Field(&KeyPairProblem::file, file),
               Field(&KeyPairProblem::is_error, true),
               Field(&KeyPairProblem::text, HasSubstr(text)));
}

// `key` with a passphrase, in PKCS#8 or in OpenSSL's older form.
std::string Encrypted(const std::string& key, bool pkcs8) {
  BIO* const in = BIO_new_mem_buf(key.data(), static_cast<int>(key.size()));
  EVP_PKEY* const read = PEM_read_bio_PrivateKey(in, nullptr, nullptr, nullptr);
  BIO* const out = BIO_new(BIO_s_mem());
  char passphrase[] = "secret";
  auto* const raw = reinterpret_cast<unsigned char*>(passphrase);
  if (pkcs8) {
    PEM_write_bio_PKCS8PrivateKey(out, read, EVP_aes_256_cbc(), passphrase, 6,
                                  nullptr, nullptr);
  } else {
    PEM_write_bio_PrivateKey_traditional(out, read, EVP_aes_256_cbc(), raw, 6,
                                         nullptr, nullptr);
  }
  char* data = nullptr;
  const long size = BIO_get_mem_data(out, &data);
  std::string text(data, static_cast<size_t>(size));
  BIO_free(in);
  BIO_free(out);
  EVP_PKEY_free(read);
  return text;
}

class ProblemsOfTest : public ::testing::Test {
 protected:
  const CertificateAuthority ca_;
  const Certificate one_ = ca_.Issue();
  const Certificate other_ = ca_.Issue();
};

TEST_F(ProblemsOfTest, NoneInAPairWithOrWithoutItsIssuer) {
  EXPECT_THAT(ProblemsOf(one_.chain, one_.private_key), IsEmpty());
  EXPECT_THAT(ProblemsOf(one_.chain + ca_.pem(), one_.private_key), IsEmpty());
}

TEST_F(ProblemsOfTest, AnEncryptedKeyNamesTheCommandThatHelps) {
  for (const bool pkcs8 : {true, false}) {
    const std::string key = Encrypted(one_.private_key, pkcs8);
    ASSERT_THAT(key, HasSubstr("ENCRYPTED"));
    EXPECT_THAT(ProblemsOf(one_.chain, key),
                ElementsAre(Error(File::kKey, "is encrypted")));
    EXPECT_THAT(ProblemsOf(one_.chain, key),
                ElementsAre(Error(File::kKey, "openssl pkey -in")));
  }
}

TEST_F(ProblemsOfTest, AKeyOfAnotherCertificate) {
  EXPECT_THAT(ProblemsOf(one_.chain, other_.private_key),
              ElementsAre(Error(File::kKey, "of another certificate")));
}

TEST_F(ProblemsOfTest, AChainThatBeginsWithItsCa) {
  EXPECT_THAT(
      ProblemsOf(ca_.pem() + one_.chain, one_.private_key),
      ElementsAre(Error(File::kCertificate, "belongs to certificate 2")));
}

TEST_F(ProblemsOfTest, AWrongOrderBehindTheFirstIsAWarning) {
  const CertificateAuthority stranger("Stranger");
  const auto problems =
      ProblemsOf(one_.chain + stranger.pem() + ca_.pem(), one_.private_key);
  ASSERT_EQ(problems.size(), 1u);
  EXPECT_FALSE(problems[0].is_error);
  EXPECT_EQ(problems[0].file, File::kCertificate);
  EXPECT_THAT(problems[0].text,
              HasSubstr("certificate 2 did not issue certificate 1"));
}

TEST_F(ProblemsOfTest, ACertificateOutsideItsDatesIfATimeIsGiven) {
  const absl::Time now = absl::Now();
  EXPECT_THAT(ProblemsOf(one_.chain, one_.private_key, now), IsEmpty());
  const absl::Time late = now + absl::Hours(25);
  EXPECT_THAT(ProblemsOf(one_.chain, one_.private_key), IsEmpty());
  EXPECT_THAT(ProblemsOf(one_.chain, one_.private_key, late),
              ElementsAre(Error(File::kCertificate, "expired at 20")));
  EXPECT_THAT(ProblemsOf(one_.chain, one_.private_key, now - absl::Hours(2)),
              ElementsAre(Error(File::kCertificate, "is not valid before 20")));
}

// RSA of 1024 bits, made with `openssl req -x509 -newkey rsa:1024`.
TEST_F(ProblemsOfTest, AKeyThatIsTooWeakForTls) {
  const testing::ScratchDirectory directory;
  const std::string key = directory.path() + "/key";
  const std::string chain = directory.path() + "/chain";
  const std::string command =
      "openssl req -x509 -newkey rsa:1024 -nodes -subj /CN=weak -days 2 "
      "-keyout " +
      key + " -out " + chain + " 2>/dev/null";
  ASSERT_EQ(std::system(command.c_str()), 0);
  EXPECT_THAT(ProblemsOf(*base::ReadFile(chain, 1 << 16),
                         *base::ReadFile(key, 1 << 16)),
              ElementsAre(Error(File::kCertificate, "key too small")));
}

TEST_F(ProblemsOfTest, FilesThatAreExchanged) {
  EXPECT_THAT(ProblemsOf(one_.private_key, one_.chain),
              ElementsAre(Error(File::kCertificate, "are exchanged"),
                          Error(File::kKey, "are exchanged")));
}

TEST_F(ProblemsOfTest, WhatIsNoPemOrOnlyAPartOfOne) {
  EXPECT_THAT(ProblemsOf("", ""),
              ElementsAre(Error(File::kCertificate, "is empty"),
                          Error(File::kKey, "is empty")));
  EXPECT_THAT(ProblemsOf("x", "y"),
              ElementsAre(Error(File::kCertificate, "type CERTIFICATE"),
                          Error(File::kKey, "type PRIVATE KEY")));
  const auto half = [](const std::string& text) {
    return text.substr(0, text.find("-----END"));
  };
  EXPECT_THAT(
      ProblemsOf(one_.chain + half(other_.chain), half(one_.private_key)),
      ElementsAre(Error(File::kCertificate, "cannot be read"),
                  Error(File::kKey, "cannot be read")));
}

}  // namespace
}  // namespace usher::http

#include "server/net/tls/tls_material.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/base/text/strings.h"
#include "tests/server/net/tls_files.h"

namespace usher::server {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

absl::StatusOr<TlsFacts> Look(const config::Tls& tls,
                              absl::Time now = absl::Now()) {
  const auto material = ReadTlsFiles(tls, "tls");
  return material.ok() ? Validate(*material, tls, "tls", now)
                       : material.status();
}

std::string ErrorOf(const config::Tls& tls, absl::Time now = absl::Now()) {
  return std::string(base::Std(Look(tls, now).status().message()));
}

// The text without its last line.
std::string CutOff(const std::string& text) {
  return text.substr(0, text.find("-----END"));
}

TEST(TlsMaterial, OfAGoodPairIsAccepted) {
  TlsFiles files;
  const auto facts = Look(files.tls());
  ASSERT_TRUE(facts.ok()) << facts.status();
  EXPECT_GT(facts->server.until, absl::Now());
  EXPECT_LT(facts->server.from, absl::Now());
  EXPECT_TRUE(facts->client_ca.has_value());
  EXPECT_THAT(facts->fingerprint, SizeIs(64));
}

TEST(TlsMaterial, NamesTheSettingAndTheFileThatIsMissing) {
  TlsFiles files;
  config::Tls tls = files.tls();
  tls.private_key = "/nonexistent/tls.key";
  EXPECT_EQ(ErrorOf(tls),
            "tls.private_key: cannot read /nonexistent/tls.key: No such file "
            "or directory");
}

TEST(TlsMaterial, OfAFileWithoutACertificateIsRefused) {
  TlsFiles files;
  config::Tls tls = files.tls();
  tls.certificate = files.Write("garbage.pem", "garbage");
  EXPECT_EQ(ErrorOf(tls), "tls.certificate: " + tls.certificate +
                              ": has no PEM block of type CERTIFICATE");
  tls.certificate = files.Write("empty.pem", "");
  EXPECT_EQ(ErrorOf(tls), "tls.certificate: " + tls.certificate + ": is empty");
}

TEST(TlsMaterial, OfAKeyOfAnotherCertificateIsRefused) {
  TlsFiles files;
  TlsFiles others;
  config::Tls tls = files.tls();
  tls.private_key = others.tls().private_key;
  EXPECT_EQ(ErrorOf(tls),
            "tls.private_key: " + tls.private_key +
                ": is the key of another certificate: replace the certificate "
                "and the key together");
}

TEST(TlsMaterial, OfIncompleteFilesIsRefused) {
  TlsFiles files;
  const testing::Certificate other = files.ca().Issue();
  config::Tls tls = files.tls();
  // The second certificate is: the first alone must not be served.
  tls.certificate =
      files.Write("half.crt", other.chain + CutOff(files.ca().pem()));
  tls.private_key = files.Write("whole.key", other.private_key);
  EXPECT_THAT(ErrorOf(tls), HasSubstr("tls.certificate: "));
  tls.certificate = files.Write("whole.crt", other.chain);
  EXPECT_EQ(ErrorOf(tls), "");
  tls.private_key = files.Write("half.key", CutOff(other.private_key));
  EXPECT_THAT(ErrorOf(tls), HasSubstr("tls.private_key: "));
}

TEST(TlsMaterial, OfAClientCaWithoutACertificateIsRefused) {
  TlsFiles files;
  config::Tls tls = files.tls();
  tls.client_ca = files.Write("ca.txt", "-----BEGIN NOTHING-----");
  EXPECT_THAT(ErrorOf(tls), HasSubstr("tls.client_ca: "));
  tls.client_ca = files.Write("ca.crt", CutOff(files.ca().pem()));
  EXPECT_THAT(ErrorOf(tls), HasSubstr("tls.client_ca: "));
}

TEST(TlsMaterial, IsRefusedOutsideItsValidity) {
  TlsFiles files;
  EXPECT_THAT(ErrorOf(files.tls(), absl::Now() + absl::Hours(25)),
              HasSubstr("/tls.crt: expired at 20"));
  EXPECT_THAT(ErrorOf(files.tls(), absl::Now() - absl::Hours(2)),
              HasSubstr("/tls.crt: is not valid before 20"));
}

TEST(TlsMaterial, ExpiresWithTheFirstCertificateOfItsChain) {
  TlsFiles files;
  const testing::Certificate longer =
      files.ca().Issue({.valid_until = absl::Hours(48)});
  const testing::Certificate shorter =
      files.ca().Issue({.valid_until = absl::Hours(2)});
  config::Tls tls = files.tls();
  tls.certificate = files.Write("chain.crt", longer.chain + shorter.chain);
  tls.private_key = files.Write("chain.key", longer.private_key);
  const auto facts = Look(tls);
  ASSERT_TRUE(facts.ok()) << facts.status();
  EXPECT_LT(facts->server.until, absl::Now() + absl::Hours(3));
}

}  // namespace
}  // namespace usher::server

#include "server/credentials.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/base/strings.h"
#include "tests/server/tls_files.h"

namespace usher::server {
namespace {

using ::testing::HasSubstr;

std::string Fault(const config::Tls& tls) {
  const auto made = MakeCredentials(tls, ClientCertificate::kRequired, "tls");
  return made.ok() ? "" : std::string(base::Std(made.status().message()));
}

TEST(Credentials, AreInsecureWithoutTls) {
  EXPECT_TRUE(
      MakeCredentials(std::nullopt, ClientCertificate::kRequired, "tls").ok());
}

TEST(Credentials, TakeAGoodPair) {
  TlsFiles files;
  EXPECT_EQ(Fault(files.tls()), "");
}

TEST(Credentials, NameTheSettingAndTheFileThatIsMissing) {
  TlsFiles files;
  config::Tls tls = files.tls();
  tls.private_key = "/nonexistent/tls.key";
  EXPECT_EQ(Fault(tls),
            "tls.private_key: /nonexistent/tls.key: No such file or directory");
}

TEST(Credentials, RefuseAFileThatIsNoCertificate) {
  TlsFiles files;
  config::Tls tls = files.tls();
  tls.certificate = files.Write("garbage.pem", "garbage");
  EXPECT_THAT(Fault(tls), HasSubstr("tls.certificate: "));
  tls.certificate = files.Write("empty.pem", "");
  EXPECT_THAT(Fault(tls), HasSubstr("is empty"));
}

TEST(Credentials, RefuseAKeyOfAnotherCertificate) {
  TlsFiles files;
  TlsFiles others;
  config::Tls tls = files.tls();
  tls.private_key = others.tls().private_key;
  EXPECT_THAT(Fault(tls), HasSubstr("tls.private_key: "));
  EXPECT_THAT(Fault(tls), HasSubstr("mismatch"));
}

TEST(Credentials, RefuseAClientCaThatHoldsNoCertificate) {
  TlsFiles files;
  config::Tls tls = files.tls();
  tls.client_ca = files.Write("ca.txt", "-----BEGIN NOTHING-----");
  EXPECT_THAT(Fault(tls), HasSubstr("tls.client_ca: "));
}

}  // namespace
}  // namespace usher::server

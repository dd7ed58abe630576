#include "lib/config/key_pairs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/base/text/strings.h"
#include "tests/lib/config/authority.h"
#include "tests/lib/config/config_support.h"

namespace usher::config {
namespace {

using testing::Certificate;
using ::testing::HasSubstr;

constexpr std::string_view kTls =
    "tls: {certificate: s.crt, private_key: s.key}\n";

class KeyPairs : public ::testing::Test {
 protected:
  void Write(const std::string& chain, const std::string& key) {
    directory_.Write("s.crt", chain);
    directory_.Write("s.key", key);
  }
  std::string Errors(std::string_view more) {
    return ErrorsOf(WithOneIssuer(more), directory_.path());
  }
  std::string File(std::string_view name) {
    return base::StrCat(directory_.path(), "/", name);
  }

  const Directory directory_;
  const Certificate one_ = TheAuthority().Issue();
  const Certificate other_ = TheAuthority().Issue();
};

TEST_F(KeyPairs, ThatFitAreNoError) {
  Write(one_.chain, one_.private_key);
  EXPECT_EQ(Errors(kTls), "");
}

TEST_F(KeyPairs, ThatDoNotFitNameTheSettingAndTheFile) {
  Write(one_.chain, other_.private_key);
  EXPECT_EQ(Errors(kTls),
            base::StrCat("tls.private_key: ", File("s.key"),
                         ": is the key of another certificate: replace the "
                         "certificate and the key together (line 5)\n"));
  EXPECT_THAT(Errors("admin:\n  tls: {certificate: s.crt, private_key: s.key}"),
              HasSubstr("admin.tls.private_key: "));
  EXPECT_THAT(
      Errors("  keys: {discovery: true, client_certificate: s.crt, "
             "client_key: s.key}"),
      HasSubstr(base::StrCat("issuers[0].keys.client_key: ", File("s.key"))));
}

TEST_F(KeyPairs, OfIntrospectionFitToo) {
  const std::string_view mtls =
      "  introspection: {client_id: usher, auth: mtls, certificate_file: "
      "s.crt, "
      "key_file: s.key}";
  Write(one_.chain, one_.private_key);
  EXPECT_EQ(Errors(mtls), "");
  Write(one_.chain, other_.private_key);
  EXPECT_THAT(Errors(mtls),
              HasSubstr(base::StrCat(
                  "issuers[0].introspection.key_file: ", File("s.key"),
                  ": is the key of another certificate")));
}

TEST_F(KeyPairs, InAnOrderThatOnlyStrictPeersRefuseAreAWarning) {
  const testing::CertificateAuthority stranger("Stranger");
  Write(one_.chain + stranger.pem(), one_.private_key);
  EXPECT_EQ(Errors(kTls), "");
  EXPECT_THAT(WarningsOf(WithOneIssuer(kTls), directory_.path()),
              HasSubstr(base::StrCat("tls.certificate: ", File("s.crt"),
                                     ": is in the wrong order")));
  Write(TheAuthority().pem() + one_.chain, one_.private_key);
  EXPECT_THAT(Errors(kTls), HasSubstr("tls.certificate: "));
}

TEST_F(KeyPairs, OfAListenerMustBeValidNow) {
  const Certificate expired =
      TheAuthority().Issue({.valid_until = -absl::Minutes(1)});
  Write(expired.chain, expired.private_key);
  EXPECT_THAT(Errors(kTls), HasSubstr("s.crt: expired at 20"));
  // Read again before each fetch.
  EXPECT_EQ(Errors("  keys: {discovery: true, client_certificate: s.crt, "
                   "client_key: s.key}"),
            "");
}

TEST_F(KeyPairs, AClientCaIsACertificate) {
  Write(one_.chain, one_.private_key);
  const auto errors = [&](const std::string& client_ca) {
    directory_.Write("ca.crt", client_ca);
    return Errors(
        "tls: {certificate: s.crt, private_key: s.key, client_ca: ca.crt}\n");
  };
  const std::string& good = TheAuthority().pem();
  EXPECT_EQ(errors(good), "");
  EXPECT_THAT(errors(one_.private_key),
              HasSubstr("tls.client_ca: " + File("ca.crt") +
                        ": has no PEM block of type CERTIFICATE"));
  EXPECT_THAT(errors(good + good.substr(0, good.size() / 2)),
              HasSubstr("has a certificate that cannot be read"));
}

// While files are replaced one by one, the running pair is still good.
TEST_F(KeyPairs, InUseAreNotJudgedByAReload) {
  Write(one_.chain, one_.private_key);
  const std::string path = directory_.Write("usher.yaml", WithOneIssuer(kTls));
  const Loaded running = Load(path);
  ASSERT_TRUE(running.config);
  Write(other_.chain, one_.private_key);
  EXPECT_TRUE(Reload(path, *running.config).loaded.config);
  directory_.Write("t.crt", other_.chain);
  directory_.Write(
      "usher.yaml",
      WithOneIssuer("tls: {certificate: t.crt, private_key: s.key}\n"));
  EXPECT_FALSE(Reload(path, *running.config).loaded.config);
}

}  // namespace
}  // namespace usher::config

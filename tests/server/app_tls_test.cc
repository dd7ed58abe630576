// Who may call, over real mutual TLS.
#include <gtest/gtest.h>

#include <optional>

#include "server/app.h"
#include "tests/server/harness.h"
#include "tests/server/running.h"
#include "tests/server/tls_files.h"

namespace usher::server {
namespace {

std::shared_ptr<grpc::Channel> MutualTls(
    const std::string& address, const testing::CertificateAuthority& ca,
    const std::optional<testing::Certificate>& mine) {
  grpc::SslCredentialsOptions options;
  options.pem_root_certs = ca.pem();
  if (mine) {
    options.pem_cert_chain = mine->chain;
    options.pem_private_key = mine->private_key;
  }
  return grpc::CreateChannel(address, grpc::SslCredentials(options));
}

TEST(App, KnowsItsCallersByTheirCertificates) {
  TlsFiles files;
  Running usherd;
  config::Config config = Running::Plain(usherd.issuer);
  config.tls = files.tls();
  config.callers = {
      {"orders", "spiffe://corp/sa/orders", {"orders"}},
      {"billing", "billing.corp", {"billing"}, {"Verify"}},
  };
  usherd.Start(config);
  const std::string address = usherd.app->addresses().listen;
  const std::string token = usherd.issuer.Mint();
  v1::VerifyResponse response;

  const auto orders = MutualTls(
      address, files.ca(),
      files.ca().Issue({.dns = {}, .uris = {"spiffe://corp/sa/orders"}}));
  grpc::Status status = Verify(orders, token, response);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_TRUE(response.has_verified());

  // The issuer's audiences, cut by this caller's: nothing is left.
  const auto billing = MutualTls(address, files.ca(),
                                 files.ca().Issue({.dns = {"billing.corp"}}));
  status = Verify(billing, token, response);
  EXPECT_TRUE(!status.ok() || response.has_denial());
  EXPECT_EQ(ReasonOf(CallRaw(billing, "/usher.v1.TokenService/Introspect")),
            "CALLER_NOT_ALLOWED");

  const auto stranger = MutualTls(address, files.ca(), files.ca().Issue());
  status = Verify(stranger, token, response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_EQ(ReasonOf(status), "CALLER_NOT_ALLOWED");

  const auto nobody = MutualTls(address, files.ca(), std::nullopt);
  EXPECT_EQ(Verify(nobody, token, response).error_code(),
            grpc::StatusCode::UNAVAILABLE);
  const testing::CertificateAuthority other;
  const auto forged =
      MutualTls(address, files.ca(),
                other.Issue({.dns = {}, .uris = {"spiffe://corp/sa/orders"}}));
  EXPECT_EQ(Verify(forged, token, response).error_code(),
            grpc::StatusCode::UNAVAILABLE);
}

}  // namespace
}  // namespace usher::server

// Who may call, over real mutual TLS.
#include <gtest/gtest.h>

#include <optional>

#include "server/app/app.h"
#include "tests/server/app/running.h"
#include "tests/server/net/tls_files.h"
#include "tests/server/rpc/service_fixture.h"

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

TEST(App, IdentifiesClientServicesByTheirCertificates) {
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

  const auto anonymous = MutualTls(address, files.ca(), std::nullopt);
  EXPECT_EQ(Verify(anonymous, token, response).error_code(),
            grpc::StatusCode::UNAVAILABLE);
  const testing::CertificateAuthority other;
  const auto forged =
      MutualTls(address, files.ca(),
                other.Issue({.dns = {}, .uris = {"spiffe://corp/sa/orders"}}));
  EXPECT_EQ(Verify(forged, token, response).error_code(),
            grpc::StatusCode::UNAVAILABLE);
}

TEST(App, ServesAChangedCertificateToNewConnectionsAndKeepsTheOldOnes) {
  TlsFiles files;
  Running usherd;
  config::Config config = Running::Plain(usherd.issuer);
  config.tls = files.tls();
  config.callers = {{"orders", "localhost", {"orders"}}};
  usherd.Start(config);
  const std::string address = usherd.app->addresses().listen;
  const std::string token = usherd.issuer.Mint();
  const auto before = MutualTls(address, files.ca(), files.ca().Issue());
  v1::VerifyResponse response;
  ASSERT_TRUE(Verify(before, token, response).ok());

  // Everything changes at once, the clients' authority too.
  const testing::CertificateAuthority next_ca("Next CA");
  const testing::Certificate next = next_ca.Issue();
  files.Write("tls.crt", next.chain);
  files.Write("tls.key", next.private_key);
  files.Write("ca.crt", next_ca.pem());
  constexpr char kReloaded[] =
      "\nusher_certificate_reloads_total{listener=\"listen\",result=\"ok\"} "
      "1\n";
  while (Get(usherd.app->addresses().metrics, "/metrics").find(kReloaded) ==
         std::string::npos) {
    ASSERT_TRUE(Verify(before, token, response).ok());
  }

  const auto after = MutualTls(address, next_ca, next_ca.Issue());
  grpc::Status status = Verify(after, token, response);
  EXPECT_TRUE(status.ok()) << status.error_message();
  // The old authority is of no use to a new connection.
  const testing::Certificate mine = files.ca().Issue();
  const grpc::SslCredentialsOptions options = {next_ca.pem(), mine.private_key,
                                               mine.chain};
  const auto stranger =
      grpc::CreateChannel(address, grpc::SslCredentials(options));
  EXPECT_EQ(Verify(stranger, token, response).error_code(),
            grpc::StatusCode::UNAVAILABLE);
  status = Verify(before, token, response);
  EXPECT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(before->GetState(false), GRPC_CHANNEL_READY);
}

}  // namespace
}  // namespace usher::server

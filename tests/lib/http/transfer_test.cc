#include "lib/http/transfer.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/lib/http/fake_name_server.h"
#include "tests/lib/http/fake_proxy.h"
#include "tests/lib/http/fetching.h"

namespace usher::http {
namespace {

using ::testing::ElementsAre;

IpAddress Ip(const char* text) { return *IpAddress::Parse(text); }

std::unique_ptr<Transfer> To(const std::string& url,
                             FetchOptions options = {}) {
  auto transfer = Transfer::Create(Get(url, std::move(options)));
  EXPECT_TRUE(transfer.ok()) << transfer.status();
  return *std::move(transfer);
}

TEST(Transfer, AllowsOnlyPublicAddresses) {
  auto allowed = To("https://a.test/")
                     ->AllowedOf({Ip("127.0.0.1"), Ip("198.41.0.4"), Ip("::1"),
                                  Ip("2001:4860:4860::8888")});
  ASSERT_TRUE(allowed.ok());
  EXPECT_THAT(*allowed,
              ElementsAre(Ip("198.41.0.4"), Ip("2001:4860:4860::8888")));
}

TEST(Transfer, AllowsAllAddressesIfTheIssuerDoes) {
  FetchOptions options;
  options.insecure_allow_private_addresses = true;
  auto allowed = To("https://a.test/", options)->AllowedOf({Ip("10.0.0.1")});
  ASSERT_TRUE(allowed.ok());
  EXPECT_THAT(*allowed, ElementsAre(Ip("10.0.0.1")));
}

TEST(Transfer, ChecksTheAddressOfTheServerButNotOfTheProxy) {
  FetchOptions options;
  options.proxy = "http://10.0.0.1:3128";
  EXPECT_EQ(To("https://a.test/", options)->host_to_resolve(), "10.0.0.1");
  EXPECT_TRUE(To("https://a.test/", options)->AllowedOf({Ip("10.0.0.1")}).ok());
  EXPECT_TRUE(To("https://a.test/", options)->CheckLiteralAddress().ok());
  EXPECT_EQ(
      To("https://169.254.169.254/", options)->CheckLiteralAddress().code(),
      absl::StatusCode::kPermissionDenied);
}

TEST(Transfer, UsesTheProxyWithoutResolvingTheServer) {
  const testing::CertificateAuthority ca;
  auto server = ServeTls(
      ca,
      [](const httpd::Request&) { return httpd::Response{.body = "hello"}; },
      {.dns = {"login.test"}});
  const FakeProxy proxy(server->port());
  const FakeNameServer names{{"proxy.test", {"127.0.0.1"}}};
  CurlClient::Options client_options;
  client_options.name_server = names.address();
  auto client = MakeClient(client_options);
  FetchOptions options = TrustIn(ca);
  options.insecure_allow_private_addresses = false;
  options.proxy = "http://proxy.test:" + std::to_string(proxy.port());
  auto response = FetchNow(*client, Get("https://login.test/", options));
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->body, "hello");
  EXPECT_EQ(response->Header("x-proxy"), std::nullopt);
  EXPECT_EQ(proxy.asked(), "CONNECT login.test:443 HTTP/1.1");
  EXPECT_EQ(names.questions(), 2);  // A and AAAA, of the proxy
}

TEST(Transfer, ReportsThatTheProxyIsUnreachable) {
  auto client = MakeClient();
  FetchOptions options;
  options.proxy = "http://user:secret@127.0.0.1:1";
  EXPECT_EQ(FetchNow(*client, Get("https://login.test/", options)).status(),
            absl::UnavailableError("cannot connect to the proxy 127.0.0.1:1: "
                                   "Connection refused"));
}

}  // namespace
}  // namespace usher::http

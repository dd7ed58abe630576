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

std::unique_ptr<Transfer> To(const std::string& url, FetchOptions trust = {}) {
  auto exchange = Transfer::Create(Get(url, std::move(trust)));
  EXPECT_TRUE(exchange.ok()) << exchange.status();
  return *std::move(exchange);
}

TEST(Transfer, KeepsOnlyThePublicOnesOfMixedAddresses) {
  auto allowed = To("https://a.test/")
                     ->Allowed({Ip("127.0.0.1"), Ip("198.41.0.4"), Ip("::1"),
                                Ip("2001:4860:4860::8888")});
  ASSERT_TRUE(allowed.ok());
  EXPECT_THAT(*allowed,
              ElementsAre(Ip("198.41.0.4"), Ip("2001:4860:4860::8888")));
}

TEST(Transfer, KeepsAllAddressesWhereTheIssuerAllowsIt) {
  FetchOptions trust;
  trust.insecure_allow_private_addresses = true;
  auto allowed = To("https://a.test/", trust)->Allowed({Ip("10.0.0.1")});
  ASSERT_TRUE(allowed.ok());
  EXPECT_THAT(*allowed, ElementsAre(Ip("10.0.0.1")));
}

TEST(Transfer, JudgesTheServersAddressButNotTheProxys) {
  FetchOptions trust;
  trust.proxy = "http://10.0.0.1:3128";
  EXPECT_EQ(To("https://a.test/", trust)->host_to_resolve(), "10.0.0.1");
  EXPECT_TRUE(To("https://a.test/", trust)->Allowed({Ip("10.0.0.1")}).ok());
  EXPECT_TRUE(To("https://a.test/", trust)->JudgeLiteral().ok());
  EXPECT_EQ(To("https://169.254.169.254/", trust)->JudgeLiteral().code(),
            absl::StatusCode::kPermissionDenied);
}

TEST(Transfer, GoesThroughTheProxyWithoutLookingUpTheServer) {
  const testing::CertificateAuthority ca;
  auto server = ServeTls(
      ca,
      [](const httpd::Request&) { return httpd::Response{.body = "hello"}; },
      {.dns = {"login.test"}});
  const FakeProxy proxy(server->port());
  const FakeNameServer names{{"proxy.test", {"127.0.0.1"}}};
  CurlClient::Options options;
  options.name_server = names.address();
  auto client = MakeClient(options);
  FetchOptions trust = TrustIn(ca);
  trust.insecure_allow_private_addresses = false;
  trust.proxy = "http://proxy.test:" + std::to_string(proxy.port());
  auto response = FetchNow(*client, Get("https://login.test/", trust));
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->body, "hello");
  EXPECT_EQ(response->Header("x-proxy"), std::nullopt);
  EXPECT_EQ(proxy.asked(), "CONNECT login.test:443 HTTP/1.1");
  EXPECT_EQ(names.questions(), 2);  // A and AAAA, of the proxy
}

TEST(Transfer, SaysThatTheProxyCannotBeReached) {
  auto client = MakeClient();
  FetchOptions trust;
  trust.proxy = "http://user:secret@127.0.0.1:1";
  EXPECT_EQ(FetchNow(*client, Get("https://login.test/", trust)).status(),
            absl::UnavailableError("cannot connect to the proxy 127.0.0.1:1: "
                                   "Connection refused"));
}

}  // namespace
}  // namespace usher::http

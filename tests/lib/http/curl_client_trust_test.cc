// Which servers CurlClient trusts: certificates, proxies, reused connections.
#include "lib/http/curl_client.h"

#include <cstdlib>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/lib/http/fetching.h"

namespace usher::http {
namespace {

using ::testing::AnyOf;
using testing::CertificateAuthority;
using ::testing::HasSubstr;
using ::testing::StartsWith;

// The peer's port identifies the connection.
httpd::Response PeerOf(const httpd::Request& request) {
  return {.body = request.peer};
}

std::string Url(const httpd::Server& server, const std::string& path = "/") {
  return "https://" + server.address() + path;
}

TEST(CurlClientTrust, RefusesACertificateOfAnotherCa) {
  const CertificateAuthority ca;
  const CertificateAuthority other;
  auto server = ServeTls(ca, PeerOf);
  auto client = MakeClient();
  auto response = FetchNow(*client, Get(Url(*server), TrustIn(other)));
  EXPECT_EQ(response.status(),
            absl::UnavailableError("certificate of 127.0.0.1: unable to get "
                                   "local issuer certificate"));
}

TEST(CurlClientTrust, TrustsTheSystemsCasByDefault) {
  const CertificateAuthority ca;
  auto server = ServeTls(ca, PeerOf);
  auto client = MakeClient();
  FetchOptions options;
  options.insecure_allow_private_addresses = true;
  auto response = FetchNow(*client, Get(Url(*server), options));
  EXPECT_EQ(response.status().code(), absl::StatusCode::kUnavailable);
}

TEST(CurlClientTrust, ReportsACaThatIsNotPem) {
  const CertificateAuthority ca;
  auto server = ServeTls(ca, PeerOf);
  auto client = MakeClient();
  FetchOptions options = TrustIn(ca);
  options.ca_pem = "nonsense";
  auto response = FetchNow(*client, Get(Url(*server), options));
  EXPECT_EQ(response.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(response.status().message()),
              StartsWith("the CA certificates for 127.0.0.1 cannot be used"));
}

TEST(CurlClientTrust, RefusesAnExpiredCertificate) {
  const CertificateAuthority ca;
  auto server =
      ServeTls(ca, PeerOf,
               {.valid_from = -absl::Hours(2), .valid_until = -absl::Hours(1)});
  auto client = MakeClient();
  auto response = FetchNow(*client, Get(Url(*server), TrustIn(ca)));
  EXPECT_EQ(response.status(),
            absl::UnavailableError(
                "certificate of 127.0.0.1: certificate has expired"));
}

TEST(CurlClientTrust, RefusesACertificateForAnotherHost) {
  const CertificateAuthority ca;
  auto server =
      ServeTls(ca, PeerOf, {.dns = {"other.test"}, .ips = {"127.0.0.2"}});
  auto client = MakeClient();
  auto response = FetchNow(*client, Get(Url(*server), TrustIn(ca)));
  EXPECT_EQ(response.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(response.status().message()),
              StartsWith("certificate of 127.0.0.1: "));
}

TEST(CurlClientTrust, ReusesAConnectionOnlyUnderEqualOptions) {
  const CertificateAuthority ca;
  auto server = ServeTls(ca, PeerOf);
  auto client = MakeClient();
  const auto peer = [&](const FetchOptions& options) {
    auto response = FetchNow(*client, Get(Url(*server), options));
    EXPECT_TRUE(response.ok()) << response.status();
    return response.ok() ? response->body : "";
  };
  const FetchOptions one = TrustIn(ca);
  FetchOptions two = one;
  two.ca_pem = *one.ca_pem + CertificateAuthority().pem();
  const std::string first = peer(one);
  EXPECT_EQ(peer(one), first);
  EXPECT_NE(peer(two), first);
  EXPECT_EQ(peer(one), first);
}

TEST(CurlClientTrust, DoesNotReuseAConnectionThatTheOptionsWouldRefuse) {
  const CertificateAuthority ca;
  const CertificateAuthority other;
  auto server = ServeTls(ca, PeerOf);
  auto client = MakeClient();
  ASSERT_TRUE(FetchNow(*client, Get(Url(*server), TrustIn(ca))).ok());
  EXPECT_EQ(
      FetchNow(*client, Get(Url(*server), TrustIn(other))).status().code(),
      absl::StatusCode::kUnavailable);
  FetchOptions strict = TrustIn(ca);
  strict.insecure_allow_private_addresses = false;
  EXPECT_EQ(FetchNow(*client, Get(Url(*server), strict)).status().code(),
            absl::StatusCode::kPermissionDenied);
}

TEST(CurlClientTrust, IgnoresProxiesOfTheEnvironment) {
  for (const char* name :
       {"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "http_proxy"}) {
    setenv(name, "http://127.0.0.1:1", 1);
  }
  const CertificateAuthority ca;
  auto server = ServeTls(ca, PeerOf);
  auto client = MakeClient();
  auto response = FetchNow(*client, Get(Url(*server), TrustIn(ca)));
  EXPECT_TRUE(response.ok()) << response.status();
  for (const char* name :
       {"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "http_proxy"}) {
    unsetenv(name);
  }
}

}  // namespace
}  // namespace usher::http

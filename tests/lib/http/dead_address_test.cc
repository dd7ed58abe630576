// A host with several addresses, of which some do not answer.
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/lib/http/dead_address.h"
#include "tests/lib/http/fake_name_server.h"
#include "tests/lib/http/fetching.h"

namespace usher::http {
namespace {

using testing::CertificateAuthority;
using testing::DeadAddress;
using testing::SilentAddress;

httpd::Response Hello(const httpd::Request&) { return {.body = "hello"}; }

TEST(DeadAddress, CostsAShareOfTheTimeOfOneFetch) {
  const CertificateAuthority ca;
  auto server = ServeTls(ca, Hello, {.dns = {"login.test"}});
  const DeadAddress dead("127.0.0.2", server->port());
  const FakeNameServer names{{"login.test", {"127.0.0.2", "127.0.0.1"}}};
  CurlClient::Options options;
  options.name_server = names.address();
  auto client = MakeClient(options);
  Request request =
      Get("https://login.test:" + std::to_string(server->port()) + "/",
          TrustIn(ca));
  request.timeout = absl::Seconds(4);
  const auto first = FetchNow(*client, request);
  ASSERT_TRUE(first.ok()) << first.status();
  // Next time the address that answered is first, also for another pool of
  // connections. Only half of this time would be enough for the dead one.
  request.options.ca_pem = *request.options.ca_pem + "\n";
  const absl::Time began = absl::Now();
  const auto second = FetchNow(*client, request);
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_LT(absl::Now() - began, absl::Seconds(2));
}

// libcurl alone gives the first address half of the time, the second a quarter,
// and so on, which would leave the last one nothing.
TEST(DeadAddress, OfFourBesideALiveOneCostsAtMostAQuarterOfASecond) {
  const CertificateAuthority ca;
  auto server = ServeTls(ca, Hello, {.dns = {"login.test"}});
  std::vector<std::unique_ptr<DeadAddress>> dead;
  for (const char* address :
       {"127.0.0.2", "127.0.0.3", "127.0.0.4", "127.0.0.5"}) {
    dead.push_back(std::make_unique<DeadAddress>(address, server->port()));
  }
  const FakeNameServer names{
      {"login.test",
       {"127.0.0.2", "127.0.0.3", "127.0.0.4", "127.0.0.5", "127.0.0.1"}}};
  CurlClient::Options options;
  options.name_server = names.address();
  auto client = MakeClient(options);
  Request request =
      Get("https://login.test:" + std::to_string(server->port()) + "/",
          TrustIn(ca));
  request.timeout = absl::Seconds(8);
  const absl::Time began = absl::Now();
  const auto answer = FetchNow(*client, request);
  ASSERT_TRUE(answer.ok()) << answer.status();
  const absl::Duration took = absl::Now() - began;
  RecordProperty("took", absl::FormatDuration(took));
  EXPECT_GE(took, absl::Seconds(1)) << "four attempts, 250 ms apart";
  EXPECT_LT(took, absl::Seconds(4)) << "half of the time";
}

// A node whose kernel still accepts connections, but whose service is dead.
TEST(DeadAddress, ThatAcceptsConnectionsCostsOneFetchAndIsTriedLastThen) {
  const CertificateAuthority ca;
  auto server = ServeTls(ca, Hello, {.dns = {"login.test"}});
  const SilentAddress one("127.0.0.2", server->port(), /*accepts=*/true);
  const SilentAddress two("127.0.0.3", server->port(), /*accepts=*/true);
  const FakeNameServer names{
      {"login.test", {"127.0.0.2", "127.0.0.3", "127.0.0.1"}}};
  CurlClient::Options options;
  options.name_server = names.address();
  auto client = MakeClient(options);
  Request request =
      Get("https://login.test:" + std::to_string(server->port()) + "/",
          TrustIn(ca));
  request.timeout = absl::Milliseconds(500);
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(FetchNow(*client, request).status(),
              absl::DeadlineExceededError(
                  "login.test: timed out after 500ms agreeing on TLS"));
  }
  request.timeout = absl::Seconds(8);
  for (int i = 0; i < 2; ++i) {
    const auto answer = FetchNow(*client, request);
    EXPECT_TRUE(answer.ok()) << answer.status();
  }
}

TEST(DeadAddress, ThatIsTheOnlyOneIsReportedAsConnecting) {
  const CertificateAuthority ca;
  auto server = ServeTls(ca, Hello, {.dns = {"login.test"}});
  const DeadAddress dead("127.0.0.2", server->port());
  const FakeNameServer names{{"login.test", {"127.0.0.2"}}};
  CurlClient::Options options;
  options.name_server = names.address();
  auto client = MakeClient(options);
  Request request =
      Get("https://login.test:" + std::to_string(server->port()) + "/",
          TrustIn(ca));
  request.timeout = absl::Milliseconds(300);
  EXPECT_EQ(FetchNow(*client, request).status(),
            absl::DeadlineExceededError(
                "login.test: timed out after 300ms connecting"));
}

TEST(ReusedConnection, ThatGetsNoAnswerIsReportedAsWaiting) {
  const CertificateAuthority ca;
  NeverResponds hang;
  auto server =
      ServeTls(ca, httpd::AsyncHandler([never = hang.handler()](
                                           httpd::Request request,
                                           httpd::Respond respond) mutable {
                 if (request.path == "/hang") {
                   never(std::move(request), std::move(respond));
                 } else {
                   respond({.body = "hello"});
                 }
               }));
  auto client = MakeClient();
  const std::string base = "https://" + server->address();
  ASSERT_TRUE(FetchNow(*client, Get(base + "/", TrustIn(ca))).ok());
  Request request = Get(base + "/hang", TrustIn(ca));
  request.timeout = absl::Milliseconds(300);
  EXPECT_EQ(FetchNow(*client, request).status(),
            absl::DeadlineExceededError(
                "127.0.0.1: timed out after 300ms waiting for its answer"));
}

}  // namespace
}  // namespace usher::http

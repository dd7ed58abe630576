// CurlClient with host names: resolved, checked, pinned, without blocking.
#include <atomic>
#include <string>
#include <thread>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/lib/http/fake_name_server.h"
#include "tests/lib/http/fetching.h"

namespace usher::http {
namespace {

using testing::CertificateAuthority;

httpd::Response Hello(const httpd::Request& request) {
  return {.body = "hello " + std::string(request.Header("host").value_or(""))};
}

CurlClient::Options Using(const FakeNameServer& names) {
  CurlClient::Options options;
  options.name_server = names.address();
  return options;
}

std::string UrlOf(const std::string& host, const httpd::Server& server) {
  return "https://" + host + ":" + std::to_string(server.port()) + "/";
}

TEST(CurlClientNames, ConnectsToTheResolvedAddress) {
  const CertificateAuthority ca;
  auto server = ServeTls(ca, Hello, {.dns = {"login.test"}});
  const FakeNameServer names{{"login.test", {"127.0.0.1"}}};
  auto client = MakeClient(Using(names));
  auto response =
      FetchNow(*client, Get(UrlOf("login.test", *server), TrustIn(ca)));
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->body,
            "hello login.test:" + std::to_string(server->port()));
}

TEST(CurlClientNames, ResolvesANameOnceInItsTimeToLive) {
  const CertificateAuthority ca;
  auto server = ServeTls(ca, Hello, {.dns = {"login.test"}});
  const FakeNameServer names{{"login.test", {"127.0.0.1"}}};
  auto client = MakeClient(Using(names));
  for (int i = 0; i < 5; ++i) {
    EXPECT_TRUE(
        FetchNow(*client, Get(UrlOf("login.test", *server), TrustIn(ca))).ok());
  }
  EXPECT_EQ(names.questions(), 2);  // A and AAAA
}

TEST(CurlClientNames, RefusesNamesWithPrivateAddresses) {
  const FakeNameServer names{{"inside.test", {"10.0.0.5"}},
                             {"inside6.test", {"fd00::1"}},
                             {"metadata.test", {"169.254.169.254"}}};
  auto client = MakeClient(Using(names));
  EXPECT_EQ(FetchNow(*client, Get("https://inside.test/", {})).status(),
            absl::PermissionDeniedError(
                "inside.test resolves to 10.0.0.5, a private address: set "
                "insecure_allow_private_addresses to allow it"));
  EXPECT_EQ(FetchNow(*client, Get("https://inside6.test/", {})).status(),
            absl::PermissionDeniedError(
                "inside6.test resolves to fd00::1, a private address (unique "
                "local): set insecure_allow_private_addresses to allow it"));
  EXPECT_EQ(
      FetchNow(*client, Get("https://metadata.test/", {})).status().code(),
      absl::StatusCode::kPermissionDenied);
}

TEST(CurlClientNames, RefusesPrivateAddressesInUrls) {
  auto client = MakeClient();
  EXPECT_EQ(FetchNow(*client, Get("https://169.254.169.254/", {})).status(),
            absl::PermissionDeniedError(
                "169.254.169.254 is a link-local address: set "
                "insecure_allow_private_addresses to allow it"));
  EXPECT_EQ(FetchNow(*client, Get("https://[::1]/", {})).status().code(),
            absl::StatusCode::kPermissionDenied);
  EXPECT_EQ(FetchNow(*client, Get("https://2130706433/", {})).status().code(),
            absl::StatusCode::kPermissionDenied);
}

TEST(CurlClientNames, ReportsThatANameDoesNotExist) {
  const FakeNameServer names{};
  auto client = MakeClient(Using(names));
  EXPECT_EQ(FetchNow(*client, Get("https://absent.test/", {})).status(),
            absl::UnavailableError(
                "absent.test: no such name, or it has no address"));
}

TEST(CurlClientNames, ASilentNameServerDoesNotBlockOthers) {
  const CertificateAuthority ca;
  auto server = ServeTls(ca, Hello, {.dns = {"login.test"}});
  const FakeNameServer names{{"login.test", {"127.0.0.1"}},
                             {.name = "hangs.test", .silent = true}};
  auto client = MakeClient(Using(names));
  std::atomic<bool> ended = false;
  Request hanging = Get("https://hangs.test/", {});
  hanging.timeout = absl::Hours(1);
  client->Fetch(hanging, [&](auto) { ended = true; });
  EXPECT_TRUE(
      FetchNow(*client, Get(UrlOf("login.test", *server), TrustIn(ca))).ok());
  EXPECT_FALSE(ended);
}

TEST(CurlClientNames, GivesUpOnASilentNameServer) {
  const FakeNameServer names{{.name = "hangs.test", .silent = true}};
  CurlClient::Options options = Using(names);
  options.name_server_timeout = std::chrono::milliseconds(50);
  auto client = MakeClient(options);
  EXPECT_EQ(FetchNow(*client, Get("https://hangs.test/", {})).status(),
            absl::UnavailableError("hangs.test: no name server answered"));
}

TEST(CurlClientNames, TheTimeForResolvingCountsTowardsTheDeadline) {
  const FakeNameServer names{{.name = "hangs.test", .silent = true}};
  auto client = MakeClient(Using(names));
  Request request = Get("https://hangs.test/", {});
  request.timeout = absl::Milliseconds(100);
  EXPECT_EQ(FetchNow(*client, request).status(),
            absl::DeadlineExceededError("hangs.test: timed out after 100ms "
                                        "looking up its name"));
}

TEST(CurlClientNames, CancelsLookUpsWhenItIsDestroyed) {
  const FakeNameServer names{{.name = "hangs.test", .silent = true}};
  auto client = MakeClient(Using(names));
  std::atomic<int> cancelled = 0;
  for (int i = 0; i < 10; ++i) {
    client->Fetch(Get("https://hangs.test/", {}), [&](auto outcome) {
      cancelled += absl::IsCancelled(outcome.status());
    });
  }
  while (names.questions() == 0) std::this_thread::yield();
  client.reset();
  EXPECT_EQ(cancelled, 10);
}

}  // namespace
}  // namespace usher::http

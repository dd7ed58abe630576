#include "lib/http/curl_client.h"

#include <atomic>
#include <future>
#include <optional>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/lib/http/fetching.h"

namespace usher::http {
namespace {

using ::testing::AllOf;
using testing::CertificateAuthority;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

// The peer's port identifies the connection.
httpd::Response PeerOf(const httpd::Request& request) {
  return {.body = request.peer};
}

std::string Url(const httpd::Server& server, const std::string& path = "/") {
  return "https://" + server.address() + path;
}

TEST(CurlClient, ReturnsStatusHeadersAndBody) {
  const CertificateAuthority ca;
  auto server = ServeTls(ca, [](const httpd::Request&) -> httpd::Response {
    return {.status = 418,
            .content_type = "application/json",
            .body = "{}",
            .headers = {{"Cache-Control", "max-age=60"}}};
  });
  auto client = MakeClient();
  auto response = FetchNow(*client, Get(Url(*server), TrustIn(ca)));
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->status, 418);
  EXPECT_EQ(response->body, "{}");
  EXPECT_EQ(response->Header("content-type"), "application/json");
  EXPECT_EQ(response->Header("cache-control"), "max-age=60");
  EXPECT_EQ(response->Header("no-such"), std::nullopt);
}

TEST(CurlClient, SendsAUserAgentAndAsksForNoCompression) {
  const CertificateAuthority ca;
  auto server = ServeTls(ca, [](const httpd::Request& request) {
    httpd::Response response;
    for (const auto& [name, value] : request.headers) {
      response.body += name + ": " + value + "\n";
    }
    return response;
  });
  auto client = MakeClient();
  Request request = Get(Url(*server), TrustIn(ca));
  request.headers = {{"Accept", "application/json"}, {"X-Empty", ""}};
  auto response = FetchNow(*client, std::move(request));
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_THAT(
      response->body,
      AllOf(StartsWith("host: " + server->address() + "\nuser-agent: usher/"),
            EndsWith("\naccept: application/json\nx-empty: \n"),
            HasSubstr("\naccept-encoding: identity\n")));
}

TEST(CurlClient, PostsABodyOfAnyBytes) {
  const CertificateAuthority ca;
  auto server = ServeTls(ca, [](const httpd::Request& request) {
    return httpd::Response{.body = request.method + request.body};
  });
  auto client = MakeClient();
  Request request = Get(Url(*server), TrustIn(ca));
  request.body = std::string("token=\0x", 8) + std::string(100'000, 'y');
  const std::string sent = *request.body;
  auto response = FetchNow(*client, std::move(request));
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->body, "POST" + sent);
}

TEST(CurlClient, DoesNotFollowRedirects) {
  const CertificateAuthority ca;
  std::atomic<int> asked = 0;
  auto server = ServeTls(ca, [&](const httpd::Request&) -> httpd::Response {
    ++asked;
    return {.status = 302, .headers = {{"Location", "/elsewhere"}}};
  });
  auto client = MakeClient();
  auto response = FetchNow(*client, Get(Url(*server), TrustIn(ca)));
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->status, 302);
  EXPECT_EQ(response->Header("location"), "/elsewhere");
  EXPECT_EQ(asked, 1);
}

TEST(CurlClient, RefusesABodyThatIsAnnouncedAsTooLarge) {
  const CertificateAuthority ca;
  auto server = ServeTls(ca, [](const httpd::Request&) -> httpd::Response {
    return {.body = std::string(1001, 'x')};
  });
  auto client = MakeClient();
  Request request = Get(Url(*server), TrustIn(ca));
  request.max_body = 1000;
  EXPECT_EQ(FetchNow(*client, request).status(),
            absl::ResourceExhaustedError(
                "127.0.0.1 answered with more than 1000 bytes"));
  request.max_body = 1001;
  EXPECT_TRUE(FetchNow(*client, request).ok());
}

TEST(CurlClient, RefusesMoreHeadersThanItsLimits) {
  const CertificateAuthority ca;
  auto server = ServeTls(ca, [](const httpd::Request& request) {
    httpd::Response response;
    if (request.path == "/many") {
      for (int i = 0; i < 70; ++i) {
        response.headers.emplace_back("X-" + std::to_string(i), "x");
      }
    } else {
      response.headers.emplace_back("X-Long", std::string(17 * 1024, 'x'));
    }
    return response;
  });
  auto client = MakeClient();
  for (const char* path : {"/many", "/long"}) {
    EXPECT_EQ(
        FetchNow(*client, Get(Url(*server, path), TrustIn(ca))).status().code(),
        absl::StatusCode::kResourceExhausted)
        << path;
  }
}

TEST(CurlClient, EndsAtTheDeadlineAndNamesThePhase) {
  const CertificateAuthority ca;
  NeverResponds never;
  auto server = ServeTls(ca, never.handler());
  auto client = MakeClient();
  Request request = Get(Url(*server), TrustIn(ca));
  request.timeout = absl::Milliseconds(500);
  const absl::Status status = FetchNow(*client, request).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded);
  // On a slow machine it may still be connecting.
  EXPECT_THAT(std::string(status.message()),
              StartsWith("127.0.0.1: timed out after 500ms "));
  request.timeout = -absl::Seconds(1);
  EXPECT_EQ(FetchNow(*client, request).status().code(),
            absl::StatusCode::kDeadlineExceeded);
}

TEST(CurlClient, AHostThatNeverAnswersDoesNotBlockOthers) {
  const CertificateAuthority ca;
  NeverResponds never;
  auto hanging = ServeTls(ca, never.handler());
  auto good = ServeTls(ca, PeerOf);
  auto client = MakeClient({.max_transfers = 4, .max_transfers_per_host = 3});
  for (int i = 0; i < 20; ++i) {
    client->Fetch(Get(Url(*hanging), TrustIn(ca)), [](auto) {});
  }
  EXPECT_TRUE(FetchNow(*client, Get(Url(*good), TrustIn(ca))).ok());
  EXPECT_LE(never.requests(), 3);
}

TEST(CurlClient, TheTimeInTheQueueCountsTowardsTheDeadline) {
  const CertificateAuthority ca;
  NeverResponds never;
  auto hanging = ServeTls(ca, never.handler());
  auto client = MakeClient({.max_transfers = 1});
  client->Fetch(Get(Url(*hanging), TrustIn(ca)), [](auto) {});
  Request request = Get(Url(*hanging), TrustIn(ca));
  request.timeout = absl::Milliseconds(100);
  EXPECT_EQ(FetchNow(*client, request).status(),
            absl::DeadlineExceededError("127.0.0.1: timed out after 100ms "
                                        "waiting for its turn"));
}

TEST(CurlClient, RefusesMoreThanMaxWaiting) {
  const CertificateAuthority ca;
  NeverResponds never;
  auto hanging = ServeTls(ca, never.handler());
  auto client = MakeClient({.max_waiting = 2});
  for (int i = 0; i < 2; ++i) {
    client->Fetch(Get(Url(*hanging), TrustIn(ca)), [](auto) {});
  }
  EXPECT_EQ(FetchNow(*client, Get(Url(*hanging), TrustIn(ca))).status(),
            absl::ResourceExhaustedError(
                "too many HTTP requests are waiting already"));
}

TEST(CurlClient, ReportsThatTheConnectionIsRefused) {
  auto client = MakeClient();
  FetchOptions options;
  options.insecure_allow_private_addresses = true;
  EXPECT_EQ(FetchNow(*client, Get("https://127.0.0.1:1/", options)).status(),
            absl::UnavailableError(
                "cannot connect to 127.0.0.1:1: Connection refused"));
}

TEST(CurlClient, RefusesAUrlThatIsNotHttps) {
  auto client = MakeClient();
  EXPECT_EQ(FetchNow(*client, Get("http://a.test/", {})).status(),
            absl::InvalidArgumentError(
                "the address must begin with https:// (or, if the network "
                "protects the connection in another way, set "
                "insecure_allow_http: true)"));
  FetchOptions proxied;
  proxied.proxy = "proxy:3128";
  EXPECT_EQ(FetchNow(*client, Get("https://a.test/", proxied)).status(),
            absl::InvalidArgumentError("the proxy must be http://HOST:PORT"));
}

TEST(CurlClient, RefusesHeadersWithALineBreak) {
  auto client = MakeClient();
  for (const char* value : {"a\r\nb: c", "a\nb"}) {
    Request request = Get("https://a.test/", {});
    request.headers = {{"X", value}};
    EXPECT_EQ(FetchNow(*client, request).status().code(),
              absl::StatusCode::kInvalidArgument);
  }
}

TEST(CurlClient, ACallbackMayFetchOnItsThread) {
  const CertificateAuthority ca;
  auto server = ServeTls(ca, PeerOf);
  auto client = MakeClient();
  std::promise<std::thread::id> second;
  client->Fetch(Get(Url(*server), TrustIn(ca)), [&](auto) {
    client->Fetch(Get(Url(*server), TrustIn(ca)),
                  [&](auto) { second.set_value(std::this_thread::get_id()); });
  });
  EXPECT_NE(second.get_future().get(), std::this_thread::get_id());
}

TEST(CurlClient, CancelsTransfersWhenItIsDestroyed) {
  const CertificateAuthority ca;
  NeverResponds never;
  auto hanging = ServeTls(ca, never.handler());
  std::atomic<int> cancelled = 0;
  std::atomic<int> others = 0;
  auto client = MakeClient({.max_transfers = 4});
  CurlClient& asker = *client;
  for (int i = 0; i < 100; ++i) {
    client->Fetch(Get(Url(*hanging), TrustIn(ca)), [&](auto outcome) {
      (absl::IsCancelled(outcome.status()) ? cancelled : others)++;
      asker.Fetch(Get(Url(*hanging), TrustIn(ca)), [&](auto late) {
        (absl::IsCancelled(late.status()) ? cancelled : others)++;
      });
    });
  }
  never.WaitForRequest();
  client.reset();
  EXPECT_EQ(cancelled, 200);
  EXPECT_EQ(others, 0);
}

TEST(CurlClient, PerformsManyTransfersFromManyThreads) {
  const CertificateAuthority ca;
  auto server = ServeTls(ca, PeerOf);
  auto client = MakeClient();
  std::atomic<int> fine = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int j = 0; j < 25; ++j) {
        fine += FetchNow(*client, Get(Url(*server), TrustIn(ca))).ok();
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(fine, 100);
}

}  // namespace
}  // namespace usher::http

// One exchange, waited for; and a server to have it with.
#pragma once

#include <future>
#include <memory>
#include <string>
#include <utility>

#include "gtest/gtest.h"
#include "lib/http/curl_client.h"
#include "lib/httpd/server.h"
#include "tests/support/certificate_authority.h"

namespace usher::http {

inline absl::StatusOr<Response> FetchNow(Client& client, Request request) {
  std::promise<absl::StatusOr<Response>> promise;
  client.Fetch(std::move(request),
               [&](auto outcome) { promise.set_value(std::move(outcome)); });
  return promise.get_future().get();
}

inline std::unique_ptr<CurlClient> MakeClient(
    CurlClient::Options options = {}) {
  auto client = CurlClient::Create(std::move(options));
  EXPECT_TRUE(client.ok()) << client.status();
  return *std::move(client);
}

// An HTTPS server on 127.0.0.1 with a certificate of `ca`.
inline std::unique_ptr<httpd::Server> ServeTls(
    const testing::CertificateAuthority& ca, httpd::Handler handler,
    const testing::CertificateWish& wish = {}) {
  const testing::Certificate certificate = ca.Issue(wish);
  httpd::Server::Options options;
  options.listen = "127.0.0.1:0";
  options.max_body = 1 << 20;
  options.tls.emplace(
      httpd::Tls{certificate.chain, Secret(certificate.private_key)});
  auto server = httpd::Server::Start(std::move(options), std::move(handler));
  EXPECT_TRUE(server.ok()) << server.status();
  return *std::move(server);
}

// What tests trust: `ca`, and loopback.
inline FetchOptions TrustIn(const testing::CertificateAuthority& ca) {
  FetchOptions trust;
  trust.ca_pem = ca.pem();
  trust.insecure_allow_private_addresses = true;
  return trust;
}

// A request that waits long enough on the slowest machine.
inline Request Get(std::string url, FetchOptions trust) {
  Request request;
  request.url = std::move(url);
  request.trust = std::move(trust);
  request.timeout = absl::Seconds(60);
  return request;
}

}  // namespace usher::http

// Fetches that block, and HTTPS servers for them.
#pragma once

#include <atomic>
#include <future>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "lib/base/mutex.h"
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
    const testing::CertificateAuthority& ca, httpd::AsyncHandler handler,
    const testing::CertificateOptions& certificate_options = {}) {
  const testing::Certificate certificate = ca.Issue(certificate_options);
  httpd::Server::Options options;
  options.listen = "127.0.0.1:0";
  options.max_body = 1 << 20;
  options.tls.emplace(
      httpd::Tls{certificate.chain, Secret(certificate.private_key)});
  auto server = httpd::Server::Start(std::move(options), std::move(handler));
  EXPECT_TRUE(server.ok()) << server.status();
  return *std::move(server);
}

inline std::unique_ptr<httpd::Server> ServeTls(
    const testing::CertificateAuthority& ca, httpd::Handler handler,
    const testing::CertificateOptions& certificate_options = {}) {
  return ServeTls(ca, httpd::MakeAsync(std::move(handler)),
                  certificate_options);
}

// A handler that counts requests and never responds. Outlives its server.
class NeverResponds {
 public:
  httpd::AsyncHandler handler() {
    return [this](httpd::Request, httpd::Respond respond) {
      const base::MutexLock lock(mutex_);
      kept_.push_back(std::move(respond));
      ++requests_;
      requests_.notify_all();
    };
  }
  int requests() const { return requests_; }
  void WaitForRequest() const { requests_.wait(0); }

 private:
  base::Mutex mutex_;
  std::vector<httpd::Respond> kept_ ABSL_GUARDED_BY(mutex_);
  std::atomic<int> requests_ = 0;
};

// Options of tests: trust `ca`, allow loopback.
inline FetchOptions TrustIn(const testing::CertificateAuthority& ca) {
  FetchOptions options;
  options.ca_pem = ca.pem();
  options.insecure_allow_private_addresses = true;
  return options;
}

// A request that waits long enough on the slowest machine.
inline Request Get(std::string url, FetchOptions options) {
  Request request;
  request.url = std::move(url);
  request.options = std::move(options);
  request.timeout = absl::Seconds(60);
  return request;
}

}  // namespace usher::http

// A TestIssuer at a real https address on loopback, with injected faults.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "lib/base/clock.h"
#include "lib/base/mutex.h"
#include "lib/base/scheduler.h"
#include "lib/httpd/server.h"
#include "tests/support/certificate_authority.h"
#include "tests/support/introspection_endpoint.h"
#include "tests/support/test_issuer.h"

namespace usher::testing {

// How a path misbehaves. Members may be combined.
struct Fault {
  std::optional<int> status = {};
  std::optional<std::string> body = {};  // instead of the correct one
  std::optional<std::string> content_type = {};
  std::optional<std::string> redirect = {};  // 302 to this URL
  absl::Duration delay = absl::ZeroDuration();

  // Longer than any client waits.
  static Fault Hang() { return {.delay = absl::Minutes(10)}; }
  static Fault Garbage() { return {.body = "<html>It works!</html>"}; }
  static Fault Huge() { return {.body = std::string(4 << 20, 'x')}; }
};

inline constexpr char kDiscoveryPath[] = "/.well-known/openid-configuration";
inline constexpr char kJwksPath[] = "/jwks";
inline constexpr char kIntrospectionPath[] = "/introspect";

// Thread-safe. The constructors end the process if they cannot start.
class HttpIssuer {
 public:
  struct Options {
    std::string listen = "127.0.0.1:0";
    std::string audience = "orders";
    std::vector<jose::Alg> algs = {jose::Alg::kEs256};
    std::optional<std::string> kid = {};
    std::string cache_control = "no-store";  // of both documents
    // The names of the certificate. `listen` must be among its IPs.
    CertificateOptions certificate = {};
    // May introspect.
    DevClient client = {};
    // Answers every other path; 404 without it.
    std::function<httpd::Response(HttpIssuer&, const httpd::Request&)> other =
        nullptr;
  };

  explicit HttpIssuer(const base::Clock& clock) : HttpIssuer(clock, {}) {}
  HttpIssuer(const base::Clock& clock, Options options);
  // For programs: fails as httpd::Server::Start() does.
  static absl::StatusOr<std::unique_ptr<HttpIssuer>> Start(
      const base::Clock& clock, Options options);

  TestIssuer& issuer() { return *issuer_; }
  // "https://127.0.0.1:41234": also the `iss` of its tokens.
  const std::string& url() const { return url_; }
  std::string jwks_url() const { return url_ + kJwksPath; }
  // The CA to trust.
  const std::string& ca_pem() const { return ca_.pem(); }
  const CertificateAuthority& ca() const { return ca_; }
  uint16_t port() const { return port_; }

  // Sets or clears the fault of `path`.
  void SetFault(const std::string& path, Fault fault);
  void ClearFault(const std::string& path);
  void ClearFaults();

  // Closes the port; opens the same port again.
  void GoDown();
  void ComeUp();

  // The number of requests for `path`, and for every path.
  int requests(const std::string& path) const;
  std::map<std::string, int> requests() const;
  // The number of connections that these requests used.
  size_t connections() const;

 private:
  struct Unstarted {};
  HttpIssuer(Unstarted, Options options);
  absl::Status Init(const base::Clock& clock);
  absl::Status Open(const std::string& listen);
  void Handle(const httpd::Request& request, httpd::Respond respond);
  httpd::Response CorrectResponse(const httpd::Request& request);

  const Options options_;
  const CertificateAuthority ca_;
  const Certificate certificate_;
  std::string url_;
  uint16_t port_ = 0;
  mutable base::Mutex mutex_;
  std::map<std::string, Fault> faults_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, int> requests_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, int> peers_ ABSL_GUARDED_BY(mutex_);
  const base::SystemClock system_clock_;
  base::ThreadScheduler delays_{system_clock_};
  std::unique_ptr<TestIssuer> issuer_;     // created when the port is known
  std::unique_ptr<httpd::Server> server_;  // last: stops first
};

}  // namespace usher::testing

// A TestIssuer at a real https address on loopback, that can be made to fail.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "lib/base/clock.h"
#include "lib/httpd/server.h"
#include "tests/support/certificate_authority.h"
#include "tests/support/test_issuer.h"

namespace usher::testing {

// How a path misbehaves. Members may be combined.
struct Fault {
  std::optional<int> status = {};
  std::optional<std::string> body = {};      // instead of the right one
  std::optional<std::string> redirect = {};  // 302 to there
  absl::Duration delay = absl::ZeroDuration();

  // Longer than anybody waits.
  static Fault Hang() { return {.delay = absl::Minutes(10)}; }
  static Fault Garbage() { return {.body = "<html>It works!</html>"}; }
  static Fault Huge() { return {.body = std::string(4 << 20, 'x')}; }
};

inline constexpr char kDiscoveryPath[] = "/.well-known/openid-configuration";
inline constexpr char kJwksPath[] = "/jwks";

// Thread-safe. Ends the process where it cannot start by itself.
class HttpIssuer {
 public:
  struct Options {
    std::string listen = "127.0.0.1:0";
    std::string audience = "orders";
    std::vector<jose::Alg> algs = {jose::Alg::kEs256};
    std::optional<std::string> kid = {};
    std::string cache_control = "no-store";  // of both documents
    // What the certificate says; the issuer's address has the first of the IPs.
    CertificateWish certificate = {};
    // Answers every path but the two documents; 404 without it.
    std::function<httpd::Response(HttpIssuer&, const httpd::Request&)> other =
        nullptr;
  };

  explicit HttpIssuer(const base::Clock& clock) : HttpIssuer(clock, {}) {}
  HttpIssuer(const base::Clock& clock, Options options);
  // The same for programs: fails as httpd::Server does.
  static absl::StatusOr<std::unique_ptr<HttpIssuer>> Start(
      const base::Clock& clock, Options options);

  TestIssuer& issuer() { return *issuer_; }
  // "https://127.0.0.1:41234": also the issuer's name.
  const std::string& url() const { return url_; }
  std::string jwks_url() const { return url_ + kJwksPath; }
  // The CA to trust.
  const std::string& ca_pem() const { return ca_.pem(); }
  const CertificateAuthority& ca() const { return ca_; }
  uint16_t port() const { return port_; }

  // `path` misbehaves from now on, or no longer.
  void SetFault(const std::string& path, Fault fault);
  void ClearFault(const std::string& path);
  void ClearFaults();

  // Closes the port; opens the same one again.
  void GoDown();
  void ComeUp();

  // How often `path` was asked for; all paths.
  int requests(const std::string& path) const;
  std::map<std::string, int> requests() const;
  // How many connections these came on.
  size_t connections() const;

 private:
  struct Unstarted {};
  HttpIssuer(Unstarted, Options options);
  absl::Status Begin(const base::Clock& clock);
  absl::Status Open(const std::string& listen);
  httpd::Response Answer(const httpd::Request& request);
  httpd::Response Right(const httpd::Request& request);

  const Options options_;
  const CertificateAuthority ca_;
  const Certificate certificate_;
  std::string url_;
  uint16_t port_ = 0;
  mutable std::mutex mutex_;  // guards what follows
  std::map<std::string, Fault> faults_;
  std::map<std::string, int> requests_;
  std::map<std::string, int> peers_;
  std::unique_ptr<TestIssuer> issuer_;     // made once the port is known
  std::unique_ptr<httpd::Server> server_;  // last: stops first
};

}  // namespace usher::testing

// An asynchronous HTTP client.
//
// An interface with one method and two implementations: production
// (curl_client.h) and a fake that tests script (tests/support/fake_http.h).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "lib/http/credentials/credentials.h"

namespace usher::http {

// Which servers to trust and which addresses to allow. Configured per issuer,
// never taken from the environment.
struct FetchOptions {
  // PEM text. Absent: the system's CAs. Present: only these CAs.
  std::optional<std::string> ca_pem;
  // "http://proxy:3128". Absent: no proxy (and no environment variable is
  // read).
  std::optional<std::string> proxy;
  // Allows a server at a loopback, link-local, private or other special
  // address.
  bool insecure_allow_private_addresses = false;
  // Allows http:// URLs: at loopback addresses, which are then allowed too; at
  // every address.
  bool insecure_allow_http_loopback = false;
  bool insecure_allow_http = false;
  // The only hosts that may be asked ("keys.example.com:443"). Absent: any. In
  // issuer::Config: the hosts as the operator writes them (AllowedHostOf() in
  // url_rule.h), beside those of the addresses that are configured.
  std::optional<std::vector<std::string>> allowed_hosts;

  bool operator==(const FetchOptions&) const = default;
};

struct Request {
  std::string url;  // see AllowedUrl() in url_rule.h
  // Present: a POST of this body; absent: a GET. Wiped after use, because it
  // may hold a token or a client secret.
  std::optional<std::string> body;
  // Not for secrets: those belong into `credentials`.
  std::vector<std::pair<std::string, std::string>> headers;
  Credentials credentials;
  FetchOptions options;
  absl::Duration timeout = absl::Seconds(5);  // for the whole transfer
  size_t max_body = 1 << 20;                  // bytes; more is an error
};

struct Response {
  int status = 0;
  // Names in lower case; at most 64 of them, 16 KiB in all.
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  // The server asked for a client certificate.
  bool wanted_certificate = false;

  // The first header of that lower-case name.
  std::optional<std::string_view> Header(std::string_view name) const {
    for (const auto& [key, value] : headers) {
      if (key == name) return value;
    }
    return std::nullopt;
  }
};

class Client {
 public:
  using Done = absl::AnyInvocable<void(absl::StatusOr<Response>)>;

  virtual ~Client() = default;

  // Calls `done` exactly once, never inline, on a thread of the client, which
  // `done` must not block. OK whenever the server answered, with any status.
  // Redirects are not followed. The answer is never compressed
  // (Accept-Encoding: identity); one that is coded anyway is an error. Errors:
  // kInvalidArgument (not an allowed URL), kPermissionDenied (the policy
  // refuses the address), kDeadlineExceeded, kResourceExhausted (too large),
  // kUnavailable (everything else); the message tells an operator what
  // happened. When the client is destroyed, transfers in flight end with
  // kCancelled.
  virtual void Fetch(Request request, Done done) = 0;
};

}  // namespace usher::http

// Asks an HTTP server for one thing, asynchronously.
//
// An interface with one method and two users: production (curl_client.h) and a
// fake that tests script (tests/support/fake_http.h).
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace usher::http {

// Whom to trust and what to allow: said per issuer, never taken from the
// environment.
struct FetchOptions {
  // PEM text. Absent: the system's CAs. Present: only these.
  std::optional<std::string> ca_pem;
  // "http://proxy:3128". Absent: none (and no environment variable is read).
  std::optional<std::string> proxy;
  // Lets the server be at a loopback, link-local, private or otherwise special
  // address.
  bool insecure_allow_private_addresses = false;

  bool operator==(const FetchOptions&) const = default;
};

struct Request {
  std::string url;  // https only
  // Present: a POST of this body; absent: a GET.
  std::optional<std::string> body;
  std::vector<std::pair<std::string, std::string>> headers;
  FetchOptions trust;
  absl::Duration timeout = absl::Seconds(5);  // for the whole exchange
  size_t max_body = 1 << 20;                  // bytes; more is a failure
};

struct Response {
  int status = 0;
  // Names in lower case; at most 64 of them, 16 KiB in all.
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;

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
  using Done = std::function<void(absl::StatusOr<Response>)>;

  virtual ~Client() = default;

  // Calls `done` exactly once, never inline, on a thread of the client's that
  // it must not block. OK whenever the server answered, whatever its status.
  // Redirects are not followed. Failures: kInvalidArgument (not an https URL),
  // kPermissionDenied (an address the policy refuses), kDeadlineExceeded,
  // kResourceExhausted (too large), kUnavailable (everything else); the message
  // says what happened in words an operator can act on.
  // When the client is destroyed, exchanges under way end with kCancelled.
  virtual void Fetch(Request request, Done done) = 0;
};

}  // namespace usher::http

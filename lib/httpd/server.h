// A small HTTP or HTTPS server: metrics, health, status page, development
// issuer. Few routes, small bodies, short answers.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "usher/secret.h"

namespace usher::httpd {

struct Request {
  std::string method;  // as sent: "GET"
  std::string path;    // percent-decoded, without the query
  // Decoded, in order; a parameter without a value has "".
  std::vector<std::pair<std::string, std::string>> query;
  // Names in lower case, in order.
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  std::string peer;  // "127.0.0.1:51234", "[::1]:51234"

  // The first of that name; header names in lower case.
  std::optional<std::string_view> Query(std::string_view name) const;
  std::optional<std::string_view> Header(std::string_view name) const;
};

// Every response also says X-Content-Type-Options: nosniff and, unless
// `headers` has its own, Cache-Control: no-store.
struct Response {
  int status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
  // Sent this much later. Costs no thread; other requests go on.
  absl::Duration delay = absl::ZeroDuration();
};

using Handler = std::function<Response(const Request&)>;

// PEM texts: a certificate with its chain, and its unencrypted key.
struct Tls {
  std::string certificate_chain;
  Secret private_key;
};

// Serves until destroyed. One thread of its own, which also runs the handler:
// the handler must not block.
class Server {
 public:
  struct Options {
    // "127.0.0.1:9464", "[::1]:0": an IP address and a port, 0 for any free.
    std::string listen;
    std::optional<Tls> tls;          // absent: plain HTTP
    size_t max_body = 64 * 1024;     // bytes; more is answered with 413
    unsigned max_connections = 256;  // more wait until one of them ends
    absl::Duration timeout = absl::Seconds(10);  // of a silent connection
  };

  // Fails with kInvalidArgument (the address, the PEM texts) or kUnavailable
  // (the address is taken or not ours); the message names the address.
  static absl::StatusOr<std::unique_ptr<Server>> Start(Options options,
                                                       Handler handler);
  // Stops listening, waits for the handler to return, drops the connections.
  // Answers still delayed are sent at once, or never.
  ~Server();

  uint16_t port() const;
  // What to connect to, with the port that was chosen: "127.0.0.1:41234".
  std::string address() const;

 private:
  class Daemon;
  explicit Server(std::unique_ptr<Daemon> daemon);
  std::unique_ptr<Daemon> daemon_;
};

}  // namespace usher::httpd

// A small HTTP or HTTPS server: metrics, health, status page, development
// issuer. Few routes (router.h), small bodies, short responses.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "lib/httpd/message.h"
#include "usher/secret.h"

namespace usher::httpd {

// PEM texts: a certificate with its chain, and its unencrypted key.
struct Tls {
  std::string certificate_chain;
  Secret private_key;
};

// Serves until destroyed. One thread of its own runs the handler, which must
// not block (message.h); another closes connections whose time is over. While a
// request waits for its response, it costs no thread and its connection does
// not time out.
//
// No client can keep the others out: a new connection always gets in, and if
// there are too many, the slowest of the address that holds the most is closed
// (connection_table.h).
class Server {
 public:
  struct Options {
    // "127.0.0.1:9464", "[::1]:0": an IP address and a port, 0 for any free.
    std::string listen;
    std::optional<Tls> tls;       // absent: plain HTTP
    size_t max_body = 64 * 1024;  // bytes; a larger body is answered 413
    unsigned max_connections = 256;
    absl::Duration timeout = absl::Seconds(10);  // of a silent connection
    // For a whole request, however slowly it arrives, and for its response.
    absl::Duration request_time = absl::Seconds(10);
    absl::Duration response_time = absl::Seconds(30);
  };

  // Fails with kInvalidArgument (the address, the PEM texts) or kUnavailable
  // (the address is in use or not local); the message names the address.
  static absl::StatusOr<std::unique_ptr<Server>> Start(Options options,
                                                       AsyncHandler handler);
  static absl::StatusOr<std::unique_ptr<Server>> Start(Options options,
                                                       Handler handler);
  // Stops listening, waits for the handler to return, and closes the
  // connections. Later responses are dropped.
  ~Server();

  uint16_t port() const;
  // What to connect to, with the actual port: "127.0.0.1:41234".
  std::string address() const;

 private:
  class Daemon;
  explicit Server(std::unique_ptr<Daemon> daemon);
  std::unique_ptr<Daemon> daemon_;
};

}  // namespace usher::httpd

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

// Serves until destroyed. One thread of its own, which also runs the handler:
// the handler must not block (message.h). While a request waits for its
// response, it costs no thread and its connection does not time out.
class Server {
 public:
  struct Options {
    // "127.0.0.1:9464", "[::1]:0": an IP address and a port, 0 for any free.
    std::string listen;
    std::optional<Tls> tls;          // absent: plain HTTP
    size_t max_body = 64 * 1024;     // bytes; a larger body is answered 413
    unsigned max_connections = 256;  // others wait until a connection ends
    absl::Duration timeout = absl::Seconds(10);  // of a silent connection
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

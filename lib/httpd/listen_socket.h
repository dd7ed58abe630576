// The socket a server listens on.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace usher::httpd {

// "127.0.0.1:51234", "[::1]:51234"; "" for other families.
std::string TextOf(const sockaddr* address);

// A bound, listening, non-blocking socket; closed with its owner unless
// Release()d.
class Listener {
 public:
  // "IP:PORT", an IPv6 address in brackets. kInvalidArgument for anything else,
  // kUnavailable where the system refuses; the message names the address.
  static absl::StatusOr<Listener> Open(std::string_view address);

  Listener(Listener&& other) noexcept;
  Listener& operator=(Listener&&) = delete;
  ~Listener();

  // Gives the socket away.
  int Release();
  uint16_t port() const { return port_; }
  const std::string& address() const { return address_; }

 private:
  explicit Listener(int fd) : fd_(fd) {}
  int fd_;
  uint16_t port_ = 0;
  std::string address_;
};

}  // namespace usher::httpd

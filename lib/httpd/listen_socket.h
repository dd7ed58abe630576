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
std::string FormatAddress(const sockaddr* address);

// A bound, listening, non-blocking socket. The destructor closes it, unless it
// was released.
class ListenSocket {
 public:
  // "IP:PORT", with an IPv6 address in brackets. 0.0.0.0 and [::] are both
  // every address of this machine, IPv6 and IPv4, as for gRPC's listeners.
  // kInvalidArgument for anything else, kUnavailable if the system refuses; the
  // message names the address.
  static absl::StatusOr<ListenSocket> Open(std::string_view address);

  ListenSocket(ListenSocket&& other) noexcept;
  ListenSocket& operator=(ListenSocket&&) = delete;
  ~ListenSocket();

  // Transfers the ownership of the file descriptor.
  int Release();
  uint16_t port() const { return port_; }
  const std::string& address() const { return address_; }

 private:
  explicit ListenSocket(int fd) : fd_(fd) {}
  int fd_;
  uint16_t port_ = 0;
  std::string address_;
};

}  // namespace usher::httpd

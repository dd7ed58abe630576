#include "lib/httpd/listen_socket.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

#include "lib/base/net/host_port.h"
#include "lib/base/text/strings.h"

namespace usher::httpd {
namespace {

using base::Absl;
using base::StrCat;

struct Address {
  sockaddr_storage storage{};
  socklen_t size = 0;

  const sockaddr* get() const {
    return reinterpret_cast<const sockaddr*>(&storage);
  }
};

std::optional<Address> ParseAddress(std::string_view text) {
  const auto parts = base::SplitHostPort(text);
  if (!parts) return std::nullopt;
  const auto ip = base::AddressOfHost(parts->host);
  const auto port = base::ParsePort(parts->port);
  if (!ip || !port) return std::nullopt;
  Address address;
  if (ip->is_v6()) {
    auto& v6 = reinterpret_cast<sockaddr_in6&>(address.storage);
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(*port);
    std::memcpy(&v6.sin6_addr, ip->bytes().data(), ip->bytes().size());
    address.size = sizeof(v6);
  } else {
    auto& v4 = reinterpret_cast<sockaddr_in&>(address.storage);
    v4.sin_family = AF_INET;
    v4.sin_port = htons(*port);
    std::memcpy(&v4.sin_addr, ip->bytes().data(), ip->bytes().size());
    address.size = sizeof(v4);
  }
  return address;
}

uint16_t PortOf(const sockaddr* address) {
  return address->sa_family == AF_INET6
             ? ntohs(reinterpret_cast<const sockaddr_in6*>(address)->sin6_port)
             : ntohs(reinterpret_cast<const sockaddr_in*>(address)->sin_port);
}

}  // namespace

std::string FormatAddress(const sockaddr* address) {
  char text[INET6_ADDRSTRLEN] = "";
  if (address->sa_family == AF_INET6) {
    const auto* v6 = reinterpret_cast<const sockaddr_in6*>(address);
    inet_ntop(AF_INET6, &v6->sin6_addr, text, sizeof(text));
    return StrCat("[", text, "]:", PortOf(address));
  }
  if (address->sa_family != AF_INET) return "";
  const auto* v4 = reinterpret_cast<const sockaddr_in*>(address);
  inet_ntop(AF_INET, &v4->sin_addr, text, sizeof(text));
  return StrCat(text, ":", PortOf(address));
}

absl::StatusOr<ListenSocket> ListenSocket::Open(std::string_view text) {
  const auto address = ParseAddress(text);
  if (!address) {
    return absl::InvalidArgumentError(Absl(
        StrCat(text, ": must be an IP address and a port, as 127.0.0.1:9464")));
  }
  ListenSocket opened(::socket(address->storage.ss_family,
                               SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const int yes = 1;
  setsockopt(opened.fd_, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
  Address bound;
  bound.size = sizeof(bound.storage);
  if (opened.fd_ < 0 || bind(opened.fd_, address->get(), address->size) != 0 ||
      listen(opened.fd_, SOMAXCONN) != 0 ||
      getsockname(opened.fd_, reinterpret_cast<sockaddr*>(&bound.storage),
                  &bound.size) != 0) {
    return absl::UnavailableError(
        Absl(StrCat("cannot listen on ", text, ": ", std::strerror(errno))));
  }
  opened.port_ = PortOf(bound.get());
  opened.address_ = FormatAddress(bound.get());
  return opened;
}

ListenSocket::ListenSocket(ListenSocket&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      port_(other.port_),
      address_(std::move(other.address_)) {}

ListenSocket::~ListenSocket() {
  if (fd_ >= 0) close(fd_);
}

int ListenSocket::Release() { return std::exchange(fd_, -1); }

}  // namespace usher::httpd

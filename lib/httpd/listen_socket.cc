#include "lib/httpd/listen_socket.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

#include "lib/base/net/host_port.h"
#include "lib/base/net/ip_address.h"
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

bool IsWildcard(const base::IpAddress& ip) {
  return std::ranges::all_of(ip.bytes(),
                             [](uint8_t byte) { return byte == 0; });
}

Address AddressOf(const base::IpAddress& ip, uint16_t port) {
  Address address;
  if (ip.is_v6()) {
    auto& v6 = reinterpret_cast<sockaddr_in6&>(address.storage);
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(port);
    std::memcpy(&v6.sin6_addr, ip.bytes().data(), ip.bytes().size());
    address.size = sizeof(v6);
  } else {
    auto& v4 = reinterpret_cast<sockaddr_in&>(address.storage);
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port);
    std::memcpy(&v4.sin_addr, ip.bytes().data(), ip.bytes().size());
    address.size = sizeof(v4);
  }
  return address;
}

// A listening socket, or -1 with errno. `dual`: an IPv6 wildcard is that of
// IPv4 too, whatever the machine's default is.
int OpenSocket(const Address& address, bool dual) {
  const int fd = ::socket(address.storage.ss_family,
                          SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return -1;
  const int yes = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
  if (address.storage.ss_family == AF_INET6) {
    const int only = dual ? 0 : 1;
    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &only, sizeof(only));
  }
  if (bind(fd, address.get(), address.size) == 0 &&
      listen(fd, SOMAXCONN) == 0) {
    return fd;
  }
  const int error = errno;
  close(fd);
  errno = error;
  return -1;
}

// Every address of the machine. Only a machine without IPv6 has one family.
int OpenWildcard(uint16_t port) {
  const int fd = OpenSocket(AddressOf(base::IpAddress::V6({}), port), true);
  const bool no_ipv6 =
      fd < 0 && (errno == EAFNOSUPPORT || errno == EADDRNOTAVAIL);
  return no_ipv6 ? OpenSocket(AddressOf(base::IpAddress::V4({}), port), false)
                 : fd;
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
  const auto parts = base::SplitHostPort(text);
  const auto ip = parts ? base::AddressOfHost(parts->host) : std::nullopt;
  const auto port = parts ? base::ParsePort(parts->port) : std::nullopt;
  if (!ip || !port) {
    return absl::InvalidArgumentError(Absl(
        StrCat(text, ": must be an IP address and a port, as 127.0.0.1:9464")));
  }
  ListenSocket opened(IsWildcard(*ip)
                          ? OpenWildcard(*port)
                          : OpenSocket(AddressOf(*ip, *port), false));
  Address bound;
  bound.size = sizeof(bound.storage);
  if (opened.fd_ < 0 ||
      getsockname(opened.fd_, reinterpret_cast<sockaddr*>(&bound.storage),
                  &bound.size) != 0) {
    return absl::UnavailableError(
        Absl(StrCat("cannot listen on ", text, ": ", std::strerror(errno))));
  }
  opened.port_ = PortOf(bound.get());
  opened.address_ = FormatAddress(AddressOf(*ip, opened.port_).get());
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

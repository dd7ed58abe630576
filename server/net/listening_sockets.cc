#include "server/net/listening_sockets.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <utility>

#include "lib/base/net/listen_address.h"
#include "lib/base/text/strings.h"
#include "server/net/bind_error.h"
#include "server/net/unix_socket.h"

namespace usher::server {
namespace {

// As long as gRPC's keepalive: data that a peer does not acknowledge ends the
// connection. Accepted sockets inherit it.
constexpr int kUnacknowledgedMilliseconds = 10'000;

uint16_t PortOf(int fd) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&storage), &size) != 0) {
    return 0;
  }
  return ntohs(storage.ss_family == AF_INET6
                   ? reinterpret_cast<sockaddr_in6&>(storage).sin6_port
                   : reinterpret_cast<sockaddr_in&>(storage).sin_port);
}

void Set(int fd, int level, int option, int value) {
  setsockopt(fd, level, option, &value, sizeof value);
}

}  // namespace

absl::StatusOr<ListeningSockets> ListeningSockets::Open(
    const std::string& address, std::string_view setting) {
  ListeningSockets sockets;
  if (absl::Status opened = sockets.OpenAll(address, setting); !opened.ok()) {
    return opened;
  }
  return sockets;
}

ListeningSockets::ListeningSockets(ListeningSockets&& other) noexcept
    : descriptors_(std::exchange(other.descriptors_, {})),
      address_(std::move(other.address_)),
      unix_path_(std::exchange(other.unix_path_, "")),
      unix_inode_(other.unix_inode_) {}

ListeningSockets::~ListeningSockets() { Close(); }

void ListeningSockets::Close() {
  for (const int fd : std::exchange(descriptors_, {})) close(fd);
  if (unix_path_.empty()) return;
  // Another process may have taken the path meanwhile.
  struct stat about {};
  const std::string path = std::exchange(unix_path_, "");
  if (lstat(path.c_str(), &about) == 0 && about.st_ino == unix_inode_) {
    unlink(path.c_str());
  }
}

absl::Status ListeningSockets::OpenAll(const std::string& address,
                                       std::string_view setting) {
  const auto parsed = base::ListenAddress::Parse(address);
  const auto error = [&] {
    return absl::UnavailableError(
        base::Absl(ExplainBindError(address, setting)));
  };
  if (!parsed) return error();
  if (parsed->unix_path) {
    address_ = address;
    if (!OpenUnixSocket(*parsed->unix_path)) return error();
    return AllowGroup(*parsed->unix_path);
  }
  bool opened = false;
  uint16_t port = parsed->port;
  if (parsed->host == "localhost") {
    // Both loopback addresses that the machine has, on one port.
    opened = OpenSocket("127.0.0.1", port);
    if (opened) port = PortOf(descriptors_.back());
    opened |= OpenSocket("::1", port);
  } else if (parsed->host == "0.0.0.0" || parsed->host == "[::]") {
    opened = OpenSocket("::", port) || OpenSocket("0.0.0.0", port);
  } else {
    std::string host = parsed->host;
    if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
    opened = OpenSocket(host, port);
  }
  if (!opened) return error();
  address_ = base::StrCat(parsed->host, ":", PortOf(descriptors_.front()));
  return absl::OkStatus();
}

bool ListeningSockets::OpenSocket(const std::string& host, uint16_t port) {
  sockaddr_storage storage{};
  socklen_t size = 0;
  if (host.find(':') == std::string::npos) {
    auto& v4 = reinterpret_cast<sockaddr_in&>(storage);
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port);
    if (inet_pton(AF_INET, host.c_str(), &v4.sin_addr) != 1) return false;
    size = sizeof v4;
  } else {
    auto& v6 = reinterpret_cast<sockaddr_in6&>(storage);
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(port);
    if (inet_pton(AF_INET6, host.c_str(), &v6.sin6_addr) != 1) return false;
    size = sizeof v6;
  }
  const int fd =
      socket(storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return false;
  Set(fd, SOL_SOCKET, SO_REUSEADDR, 1);
  Set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
  Set(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, kUnacknowledgedMilliseconds);
  if (storage.ss_family == AF_INET6) {
    Set(fd, IPPROTO_IPV6, IPV6_V6ONLY, host == "::" ? 0 : 1);
  }
  if (bind(fd, reinterpret_cast<sockaddr*>(&storage), size) != 0 ||
      listen(fd, SOMAXCONN) != 0) {
    close(fd);
    return false;
  }
  descriptors_.push_back(fd);
  return true;
}

bool ListeningSockets::OpenUnixSocket(const std::string& path) {
  if (UnixBindError(path) != 0) return false;
  unlink(path.c_str());  // a socket that nothing listens on
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return false;
  path.copy(address.sun_path, path.size());
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return false;
  struct stat about {};
  if (bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
      listen(fd, SOMAXCONN) != 0 || lstat(path.c_str(), &about) != 0) {
    close(fd);
    return false;
  }
  unix_path_ = path;
  unix_inode_ = about.st_ino;
  descriptors_.push_back(fd);
  return true;
}

}  // namespace usher::server

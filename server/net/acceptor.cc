#include "server/net/acceptor.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/time/clock.h"
#include "lib/base/net/ip_address.h"
#include "lib/base/net/listen_address.h"
#include "lib/base/text/strings.h"
#include "server/net/bind_error.h"
#include "server/net/unix_socket.h"

namespace usher::server {
namespace {

using base::LogLevel;

// As long as gRPC's keepalive: data that a peer does not acknowledge ends the
// connection. Accepted sockets inherit it.
constexpr int kUnacknowledgedMilliseconds = 10'000;
// Between two attempts while accept() fails.
constexpr absl::Duration kPauseAfterFailure = absl::Milliseconds(100);
// How often closed connections are looked for.
constexpr absl::Duration kLook = absl::Milliseconds(250);
constexpr int kPollMilliseconds = 2000;
constexpr absl::Duration kLogPause = absl::Seconds(10);

struct Peer {
  std::string text;     // "127.0.0.1:41234"
  std::string address;  // "127.0.0.1"
};

std::string Text(const in6_addr& address) {
  std::array<uint8_t, 16> bytes;
  std::memcpy(bytes.data(), &address, bytes.size());
  if (!IN6_IS_ADDR_V4MAPPED(&address)) {
    return base::IpAddress::V6(bytes).Text();
  }
  std::array<uint8_t, 4> v4;
  std::copy(bytes.end() - 4, bytes.end(), v4.begin());
  return base::IpAddress::V4(v4).Text();
}

Peer PeerOf(const sockaddr_storage& storage) {
  if (storage.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(storage);
    std::array<uint8_t, 4> bytes;
    std::memcpy(bytes.data(), &v4.sin_addr, bytes.size());
    std::string address = base::IpAddress::V4(bytes).Text();
    return {base::StrCat(address, ":", ntohs(v4.sin_port)), address};
  }
  if (storage.ss_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(storage);
    std::string address = Text(v6.sin6_addr);
    const bool mapped = IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr);
    return {base::StrCat(mapped ? "" : "[", address, mapped ? "" : "]", ":",
                         ntohs(v6.sin6_port)),
            address};
  }
  return {};
}

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

bool IsOfOwnProcess(int fd) {
  ucred peer{};
  socklen_t size = sizeof peer;
  return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
         peer.pid == getpid();
}

// 0: it is no open socket.
uint64_t InodeOf(int fd) {
  struct stat about {};
  if (fstat(fd, &about) != 0 || !S_ISSOCK(about.st_mode)) return 0;
  return about.st_ino;
}

// Errors of one connection, not of the listening socket (accept(2)).
bool IsOfConnection(int error) {
  switch (error) {
    case EINTR:
    case ECONNABORTED:
    case EPROTO:
    case EPERM:
    case ENETDOWN:
    case EHOSTDOWN:
    case EHOSTUNREACH:
    case ENETUNREACH:
    case ENONET:
    case ENOPROTOOPT:
    case EOPNOTSUPP:
    case ETIMEDOUT:
      return true;
    default:
      return false;
  }
}

}  // namespace

Acceptor::Acceptor(size_t most, ListenerStats& stats, base::Log& log)
    : most_(most),
      most_of_one_address_(most - most / 8),
      stats_(stats),
      log_(log),
      wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  stats_.limit.store(most, std::memory_order_relaxed);
}

Acceptor::~Acceptor() {
  Stop();
  if (wake_ >= 0) close(wake_);
}

absl::StatusOr<std::unique_ptr<Acceptor>> Acceptor::Listen(
    const std::string& address, std::string_view setting,
    size_t most_connections, ListenerStats& stats, base::Log& log) {
  std::unique_ptr<Acceptor> acceptor(
      new Acceptor(most_connections, stats, log));
  if (absl::Status opened = acceptor->Open(address, setting); !opened.ok()) {
    return opened;
  }
  return acceptor;
}

absl::Status Acceptor::Open(const std::string& address,
                            std::string_view setting) {
  const auto parsed = base::ListenAddress::Parse(address);
  const auto error = [&] {
    return absl::UnavailableError(
        base::Absl(ExplainBindError(address, setting)));
  };
  if (!parsed || wake_ < 0) return error();
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
    if (opened) port = PortOf(listening_.back());
    opened |= OpenSocket("::1", port);
  } else if (parsed->host == "0.0.0.0" || parsed->host == "[::]") {
    opened = OpenSocket("::", port) || OpenSocket("0.0.0.0", port);
  } else {
    std::string host = parsed->host;
    if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
    opened = OpenSocket(host, port);
  }
  if (!opened) return error();
  address_ = base::StrCat(parsed->host, ":", PortOf(listening_.front()));
  return absl::OkStatus();
}

bool Acceptor::OpenSocket(const std::string& host, uint16_t port) {
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
  listening_.push_back(fd);
  return true;
}

bool Acceptor::OpenUnixSocket(const std::string& path) {
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
  listening_.push_back(fd);
  return true;
}

void Acceptor::Start(Take take) {
  take_ = std::move(take);
  thread_ = std::thread([this] { Run(); });
}

void Acceptor::Stop() {
  if (thread_.joinable()) {
    eventfd_write(wake_, 1);
    thread_.join();
  }
  for (const int fd : std::exchange(listening_, {})) close(fd);
  if (unix_path_.empty()) return;
  // Another process may have taken the path meanwhile.
  struct stat about {};
  const std::string path = std::exchange(unix_path_, "");
  if (lstat(path.c_str(), &about) == 0 && about.st_ino == unix_inode_) {
    unlink(path.c_str());
  }
}

void Acceptor::Expect(const std::string& peer) {
  const base::MutexLock lock(mutex_);
  // Those that never came are forgotten.
  if (expected_.size() > 16) expected_.clear();
  expected_.insert(peer);
}

void Acceptor::Run() {
  std::vector<pollfd> waits = {{wake_, POLLIN, 0}};
  for (const int fd : listening_) waits.push_back({fd, POLLIN, 0});
  bool failed = false;
  while (true) {
    // While accept() fails, the listening sockets stay readable: wait only for
    // Stop().
    const int timeout =
        failed ? static_cast<int>(absl::ToInt64Milliseconds(kPauseAfterFailure))
               : kPollMilliseconds;
    poll(waits.data(), failed ? 1 : waits.size(), timeout);
    if (waits[0].revents != 0) return;
    failed = false;
    for (size_t i = 1; i < waits.size(); ++i) {
      failed |= !AcceptFrom(waits[i].fd);
    }
    RemoveClosed();
  }
}

// False if accept() failed, which only time can mend.
bool Acceptor::AcceptFrom(int listening) {
  constexpr int kAtOnce = 64;  // then look for Stop()
  for (int i = 0; i < kAtOnce; ++i) {
    sockaddr_storage storage{};
    socklen_t size = sizeof storage;
    const int fd = accept4(listening, reinterpret_cast<sockaddr*>(&storage),
                           &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) {
      if (errno == EAGAIN || errno == EWOULDBLOCK) return true;
      if (IsOfConnection(errno)) continue;
      OnFailure(errno);
      return false;
    }
    Peer peer = PeerOf(storage);
    if (!Admits(fd, peer.text, peer.address)) {
      OnRefused();
      close(fd);
      continue;
    }
    Add(fd, std::move(peer.address));
    take_(fd);
  }
  return true;
}

bool Acceptor::Admits(int fd, const std::string& peer,
                      const std::string& address) {
  const auto has_room = [&] {
    if (connections_.size() >= most_) return false;
    if (address.empty()) return true;
    const auto of_address = of_address_.find(address);
    return of_address == of_address_.end() ||
           of_address->second < most_of_one_address_;
  };
  if (address.empty()) {
    if (IsOfOwnProcess(fd)) return true;
  } else {
    const base::MutexLock lock(mutex_);
    if (expected_.erase(peer) > 0) return true;
  }
  if (has_room()) return true;
  RemoveClosed();
  return has_room();
}

void Acceptor::Add(int fd, std::string address) {
  if (!address.empty()) ++of_address_[address];
  const auto [place, added] = connections_.try_emplace(fd);
  if (!added && !place->second.peer.empty()) {
    // The connection before it is closed: its descriptor is in use again.
    const auto before = of_address_.find(place->second.peer);
    if (--before->second == 0) of_address_.erase(before);
  }
  place->second = {InodeOf(fd), std::move(address)};
  stats_.open.store(connections_.size(), std::memory_order_relaxed);
}

void Acceptor::RemoveClosed() {
  const absl::Time now = absl::Now();
  if (now - looked_ < kLook && now >= looked_) return;
  looked_ = now;
  absl::erase_if(connections_, [this](const auto& entry) {
    if (InodeOf(entry.first) == entry.second.inode) return false;
    const auto of_address = of_address_.find(entry.second.peer);
    if (of_address != of_address_.end() && --of_address->second == 0) {
      of_address_.erase(of_address);
    }
    return true;
  });
  stats_.open.store(connections_.size(), std::memory_order_relaxed);
}

void Acceptor::OnFailure(int error) {
  stats_.accept_failures.fetch_add(1, std::memory_order_relaxed);
  if (!MayLog(failure_logged_)) return;
  log_.Write(LogLevel::kError, "accept_failed", [&](base::JsonObject& line) {
    line.Add("listener", stats_.name)
        .Add("error", std::strerror(error))
        .Add("advice",
             "new connections wait until it succeeds; if file descriptors are "
             "lacking, raise their hard limit or lower max_connections");
  });
}

void Acceptor::OnRefused() {
  stats_.refused.fetch_add(1, std::memory_order_relaxed);
  if (!MayLog(refused_logged_)) return;
  log_.Write(LogLevel::kWarning, "connections_full",
             [&](base::JsonObject& line) {
               line.Add("listener", stats_.name)
                   .Add("connections", connections_.size())
                   .Add("limit", most_);
             });
}

bool Acceptor::MayLog(absl::Time& last) const {
  const absl::Time now = absl::Now();
  if (now - last < kLogPause && now >= last) return false;
  last = now;
  return true;
}

}  // namespace usher::server

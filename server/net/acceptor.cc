#include "server/net/acceptor.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/time/clock.h"
#include "lib/base/net/ip_address.h"
#include "lib/base/result.h"
#include "lib/base/text/strings.h"
#include "server/net/bind_error.h"

namespace usher::server {
namespace {

using base::LogLevel;

// Between two attempts while accept() fails.
constexpr absl::Duration kPauseAfterFailure = absl::Milliseconds(100);
// How often closed connections are looked for.
constexpr absl::Duration kLook = absl::Milliseconds(250);
constexpr absl::Duration kLongestPoll = absl::Seconds(2);
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

bool IsOfOwnProcess(int fd) {
  ucred peer{};
  socklen_t size = sizeof peer;
  return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
         peer.pid == getpid();
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

absl::StatusOr<std::unique_ptr<Acceptor>> Acceptor::Listen(
    const std::string& address, std::string_view setting,
    size_t most_connections, ListenerStats& stats, base::Log& log) {
  USHER_TRY(auto sockets, ListeningSockets::Open(address, setting));
  std::unique_ptr<Acceptor> acceptor(
      new Acceptor(std::move(sockets), most_connections, stats, log));
  if (acceptor->wake_ < 0) {
    return absl::UnavailableError(
        base::Absl(ExplainBindError(address, setting)));
  }
  return acceptor;
}

Acceptor::Acceptor(ListeningSockets sockets, size_t most, ListenerStats& stats,
                   base::Log& log)
    : sockets_(std::move(sockets)),
      most_(most),
      stats_(stats),
      log_(log),
      wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      connections_(most) {
  stats_.limit.store(most, std::memory_order_relaxed);
}

Acceptor::~Acceptor() {
  Stop();
  if (wake_ >= 0) close(wake_);
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
  sockets_.Close();
}

void Acceptor::Expect(const std::string& peer) {
  const base::MutexLock lock(mutex_);
  // Those that never came are forgotten.
  if (expected_.size() > 16) expected_.clear();
  expected_.insert(peer);
}

void Acceptor::Run() {
  std::vector<pollfd> waits = {{wake_, POLLIN, 0}};
  for (const int fd : sockets_.descriptors()) waits.push_back({fd, POLLIN, 0});
  bool failed = false;
  while (true) {
    // While accept() fails, the listening sockets stay readable: wait only for
    // Stop().
    const absl::Duration timeout = failed ? kPauseAfterFailure
                                   : connections_.size() == 0 ? kLongestPoll
                                   : brake_ ? MemoryBrake::kCloseLook
                                            : kLook;
    poll(waits.data(), failed ? 1 : waits.size(),
         static_cast<int>(absl::ToInt64Milliseconds(timeout)));
    if (waits[0].revents != 0) return;
    failed = false;
    for (size_t i = 1; i < waits.size(); ++i) {
      failed |= !AcceptFrom(waits[i].fd);
    }
    RemoveClosed();
    EndIfMemoryIsShort();
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
  if (address.empty()) {
    if (IsOfOwnProcess(fd)) return true;
  } else {
    const base::MutexLock lock(mutex_);
    if (expected_.erase(peer) > 0) return true;
  }
  if (connections_.HasRoom(address)) return true;
  RemoveClosed();
  return connections_.HasRoom(address);
}

void Acceptor::Add(int fd, std::string address) {
  connections_.Add(fd, std::move(address));
  stats_.open.store(connections_.size(), std::memory_order_relaxed);
}

void Acceptor::RemoveClosed() {
  const absl::Time now = absl::Now();
  if (now - looked_ < kLook && now >= looked_) return;
  looked_ = now;
  connections_.Update(now);
  stats_.open.store(connections_.size(), std::memory_order_relaxed);
}

void Acceptor::EndIfMemoryIsShort() {
  if (!brake_) return;
  const absl::Time now = absl::Now();
  const size_t excess = brake_->FindExcess(now);
  if (excess > 0) OnEnded(connections_.EndBusiest(excess, now), excess);
}

void Acceptor::OnEnded(const OpenConnections::Ended& ended, size_t excess) {
  stats_.ended_for_memory.fetch_add(ended.connections,
                                    std::memory_order_relaxed);
  if (!MayLog(ended_logged_)) return;
  log_.Write(LogLevel::kWarning, "memory_short", [&](base::JsonObject& line) {
    line.Add("listener", stats_.name)
        .Add("limit", brake_->most())
        .Add("excess", excess)
        .Add("connections_ended", ended.connections)
        .Add("received", ended.received)
        .Add("peer", ended.peer)
        .Add("advice",
             ended.connections > 0
                 ? "a client sends more than usherd has memory for; bound its "
                   "connections by a proxy, or raise limits.memory"
                 : "no connection is the cause; raise limits.memory, or lower "
                   "token_cache.bytes");
  });
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

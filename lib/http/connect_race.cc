#include "lib/http/connect_race.h"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace usher::http {
namespace {

using base::IpAddress;

// The socket address, and its size.
socklen_t SocketAddressOf(const IpAddress& address, uint16_t port,
                          sockaddr_storage& out) {
  out = {};
  if (address.is_v6()) {
    auto& v6 = reinterpret_cast<sockaddr_in6&>(out);
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(port);
    std::memcpy(&v6.sin6_addr, address.bytes().data(), 16);
    return sizeof(v6);
  }
  auto& v4 = reinterpret_cast<sockaddr_in&>(out);
  v4.sin_family = AF_INET;
  v4.sin_port = htons(port);
  std::memcpy(&v4.sin_addr, address.bytes().data(), 4);
  return sizeof(v4);
}

enum class Progress { kTrying, kConnected, kFailed };

Progress ProgressOf(int fd) {
  pollfd watched{fd, POLLOUT, 0};
  if (poll(&watched, 1, 0) <= 0) return Progress::kTrying;
  int error = 0;
  socklen_t size = sizeof(error);
  getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
  return error == 0 ? Progress::kConnected : Progress::kFailed;
}

}  // namespace

ConnectRace::ConnectRace(std::vector<IpAddress> others, uint16_t port,
                         Clock::time_point now, Clock::duration left)
    : others_(std::move(others)), port_(port) {
  if (others_.size() > kMostAddresses) {
    others_.erase(others_.begin() + kMostAddresses, others_.end());
  }
  // Half of the time is for the connection and the answer.
  apart_ = std::clamp<Clock::duration>(
      left / 2 / static_cast<int>(others_.size() + 1),
      std::chrono::milliseconds(1), kMostApart);
  next_at_ = now + apart_;
}

ConnectRace::~ConnectRace() {
  for (const Attempt& attempt : attempts_) close(attempt.fd);
}

std::vector<int> ConnectRace::sockets() const {
  std::vector<int> fds;
  for (const Attempt& attempt : attempts_) fds.push_back(attempt.fd);
  return fds;
}

std::optional<ConnectRace::Clock::time_point> ConnectRace::NextAt() const {
  if (begun_ == others_.size()) return std::nullopt;
  return next_at_;
}

std::optional<IpAddress> ConnectRace::Process(Clock::time_point now) {
  while (begun_ < others_.size() && next_at_ <= now) {
    Begin(others_[begun_++]);
    next_at_ = now + apart_;
  }
  for (size_t i = 0; i < attempts_.size();) {
    const Progress progress = ProgressOf(attempts_[i].fd);
    if (progress == Progress::kConnected) return attempts_[i].address;
    if (progress == Progress::kTrying) {
      ++i;
      continue;
    }
    close(attempts_[i].fd);
    attempts_.erase(attempts_.begin() + static_cast<std::ptrdiff_t>(i));
  }
  return std::nullopt;
}

void ConnectRace::Begin(const IpAddress& address) {
  const int fd = socket(address.is_v6() ? AF_INET6 : AF_INET,
                        SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return;
  sockaddr_storage to;
  const socklen_t size = SocketAddressOf(address, port_, to);
  if (connect(fd, reinterpret_cast<const sockaddr*>(&to), size) != 0 &&
      errno != EINPROGRESS) {
    close(fd);
    return;
  }
  attempts_.push_back({fd, address});
}

}  // namespace usher::http

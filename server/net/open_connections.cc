#include "server/net/open_connections.h"

// The header of glibc has an older tcp_info.
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

namespace usher::server {
namespace {

// 0: it is no open socket.
uint64_t InodeOf(int fd) {
  struct stat about {};
  if (fstat(fd, &about) != 0 || !S_ISSOCK(about.st_mode)) return 0;
  return about.st_ino;
}

// What the peer has sent, in bytes; 0 if the system does not say.
uint64_t ReceivedBy(int fd) {
  tcp_info info{};
  socklen_t size = sizeof info;
  if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return 0;
  return info.tcpi_bytes_received;
}

}  // namespace

bool OpenConnections::HasRoom(const std::string& address) const {
  if (connections_.size() >= most_) return false;
  if (address.empty()) return true;
  const auto of_address = of_address_.find(address);
  return of_address == of_address_.end() ||
         of_address->second < most_of_one_address_;
}

void OpenConnections::Add(int fd, std::string address) {
  if (!address.empty()) ++of_address_[address];
  const auto [place, added] = connections_.try_emplace(fd);
  // The connection before it is closed: its descriptor is in use again.
  if (!added) Forget(place->second.address);
  place->second = {.inode = InodeOf(fd), .address = std::move(address)};
}

void OpenConnections::Forget(const std::string& address) {
  const auto of_address = of_address_.find(address);
  if (of_address != of_address_.end() && --of_address->second == 0) {
    of_address_.erase(of_address);
  }
}

void OpenConnections::Update(absl::Time now) {
  const double half_lives =
      std::max(absl::FDivDuration(now - updated_, kHalfLife), 0.0);
  const double fading = std::exp2(-half_lives);
  updated_ = now;
  absl::erase_if(connections_, [&](auto& entry) {
    auto& [fd, connection] = entry;
    if (InodeOf(fd) != connection.inode) {
      Forget(connection.address);
      return true;
    }
    const uint64_t received = ReceivedBy(fd);
    connection.lately = connection.lately * fading +
                        static_cast<double>(received - connection.received);
    connection.received = received;
    return false;
  });
}

void OpenConnections::EndMost(Measure measure, uint64_t bytes, Ended& ended) {
  std::vector<std::pair<double, int>> most;
  for (const auto& [fd, connection] : connections_) {
    const double received = measure(connection);
    if (received >= static_cast<double>(kWorthEnding) && !connection.ended) {
      most.emplace_back(received, fd);
    }
  }
  std::ranges::sort(most, std::ranges::greater());
  for (const auto& [received, fd] : most) {
    if (ended.received >= bytes) return;
    // gRPC reads the end of the stream, and closes it.
    shutdown(fd, SHUT_RDWR);
    Connection& connection = connections_.at(fd);
    connection.ended = true;
    if (ended.connections++ == 0) ended.peer = connection.address;
    ended.received += static_cast<uint64_t>(received);
  }
}

OpenConnections::Ended OpenConnections::EndBusiest(uint64_t bytes,
                                                   absl::Time now) {
  Update(now);
  Ended ended;
  EndMost([](const Connection& from) { return from.lately; }, bytes, ended);
  EndMost(
      [](const Connection& from) { return static_cast<double>(from.received); },
      bytes, ended);
  return ended;
}

}  // namespace usher::server

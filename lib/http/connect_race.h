// Finds out which of several addresses can be connected to.
//
// libcurl tries the addresses of one family one after the other and gives each
// half of the time that is left. A race opens connections to the other
// addresses too, one after each `apart` (RFC 8305 section 5), so that a dead
// address costs that much and no more. It sends nothing and closes what it
// opened.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

#include "lib/base/net/ip_address.h"

namespace usher::http {

// Not thread-safe, never blocks. Its owner waits for sockets() to be writable,
// or until NextAt(), whichever is first, then calls Process().
class ConnectRace {
 public:
  using Clock = std::chrono::steady_clock;

  // The longest time between two attempts (RFC 8305: 250 ms is recommended).
  static constexpr std::chrono::milliseconds kMostApart{250};
  static constexpr size_t kMostAddresses = 8;

  // `others` in their order, without the one that libcurl tries first. The
  // attempts are spread over `left`, the time in which all must be done.
  ConnectRace(std::vector<base::IpAddress> others, uint16_t port,
              Clock::time_point now, Clock::duration left);
  ~ConnectRace();
  ConnectRace(ConnectRace&&) noexcept = default;
  ConnectRace& operator=(ConnectRace&&) = delete;

  std::vector<int> sockets() const;
  // When the next attempt begins. Absent: all have begun.
  std::optional<Clock::time_point> NextAt() const;
  // Begins the attempts that are due. The first address that accepted a
  // connection, once there is one.
  std::optional<base::IpAddress> Process(Clock::time_point now);

 private:
  struct Attempt {
    int fd;
    base::IpAddress address;
  };

  void Begin(const base::IpAddress& address);

  std::vector<base::IpAddress> others_;
  uint16_t port_;
  Clock::duration apart_;
  Clock::time_point next_at_;
  size_t begun_ = 0;  // of others_
  std::vector<Attempt> attempts_;
};

}  // namespace usher::http

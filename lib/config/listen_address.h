// Where a listener listens.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace usher::config {

struct ListenAddress {
  // Of IP:PORT: "127.0.0.1", "::1", "0.0.0.0", "localhost".
  std::string host;
  uint16_t port = 0;  // 0: any free one
  // Of unix:PATH; host and port then mean nothing.
  std::optional<std::string> unix_path;

  // "127.0.0.1:9443", "[::1]:9443", "localhost:9443", "unix:/run/usher.sock".
  // Other host names are refused: what they stand for may change. Pure.
  static std::optional<ListenAddress> Parse(std::string_view text);

  // Whether only this machine can reach it.
  bool IsLocal() const;

  // Whether both cannot be had at once. Two listeners of one port on different
  // addresses count as one: it is hardly ever meant.
  bool Collides(const ListenAddress& other) const;
};

}  // namespace usher::config

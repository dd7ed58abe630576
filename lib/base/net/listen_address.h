// The address of a listener.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace usher::base {

struct ListenAddress {
  // Of IP:PORT: "127.0.0.1", "[::1]", "0.0.0.0", "localhost".
  std::string host;
  uint16_t port = 0;  // 0: any free one
  // Of unix:PATH; host and port then mean nothing.
  std::optional<std::string> unix_path;

  // "127.0.0.1:9443", "[::1]:9443", "localhost:9443", "unix:/run/usher.sock".
  // Other host names are refused, because their addresses can change. Pure.
  static std::optional<ListenAddress> Parse(std::string_view text);

  // Whether only this machine can reach it.
  bool IsLocal() const;

  // Whether two listeners cannot have both. One port on two addresses counts as
  // one: it is a mistake in nearly every case.
  bool Collides(const ListenAddress& other) const;
};

}  // namespace usher::base

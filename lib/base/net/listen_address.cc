#include "lib/base/net/listen_address.h"

#include "lib/base/net/host_port.h"

namespace usher::base {
namespace {

// The longest path of a Unix socket on Linux (sun_path, unix(7)).
constexpr size_t kLongestUnixPath = 107;

}  // namespace

std::optional<ListenAddress> ListenAddress::Parse(std::string_view text) {
  ListenAddress address;
  if (const auto path = UnixPathOf(text)) {
    if (path->empty() || path->size() > kLongestUnixPath) return std::nullopt;
    address.unix_path = *path;
    return address;
  }
  const auto parts = SplitHostPort(text);
  if (!parts) return std::nullopt;
  const auto port = ParsePort(parts->port);
  if (!port) return std::nullopt;
  if (parts->host != "localhost" && !AddressOfHost(parts->host)) {
    return std::nullopt;
  }
  address.host = parts->host;
  address.port = *port;
  return address;
}

bool ListenAddress::IsLocal() const {
  return unix_path || IsLoopbackHost(host);
}

bool ListenAddress::Collides(const ListenAddress& other) const {
  if (unix_path || other.unix_path) return unix_path == other.unix_path;
  return port != 0 && port == other.port;
}

}  // namespace usher::base

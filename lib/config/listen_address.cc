#include "lib/config/listen_address.h"

#include "lib/http/address.h"
#include "lib/yaml/scalars.h"

namespace usher::config {
namespace {

// The longest path of a Unix socket that Linux takes (sun_path, unix(7)).
constexpr size_t kLongestUnixPath = 107;

bool IsHost(std::string_view host, bool bracketed) {
  if (host == "localhost") return !bracketed;
  const auto address = http::IpAddress::Parse(host);
  return address && address->is_v6() == bracketed;
}

}  // namespace

std::optional<ListenAddress> ListenAddress::Parse(std::string_view text) {
  ListenAddress address;
  if (text.starts_with("unix:")) {
    text.remove_prefix(5);
    if (text.empty() || text.size() > kLongestUnixPath) return std::nullopt;
    address.unix_path = text;
    return address;
  }
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  const auto port = yaml::ParseCount(text.substr(colon + 1));
  if (!port || *port > 65535) return std::nullopt;
  const bool bracketed = host.starts_with('[') && host.ends_with(']');
  if (bracketed) host = host.substr(1, host.size() - 2);
  if (!IsHost(host, bracketed)) return std::nullopt;
  address.host = host;
  address.port = static_cast<uint16_t>(*port);
  return address;
}

bool ListenAddress::IsLocal() const {
  return unix_path || host == "localhost" || host == "::1" ||
         host.starts_with("127.");
}

bool ListenAddress::Collides(const ListenAddress& other) const {
  if (unix_path || other.unix_path) return unix_path == other.unix_path;
  return port != 0 && port == other.port;
}

}  // namespace usher::config

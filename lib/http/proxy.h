// The HTTP proxy between Usher and a provider.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace usher::http {

// "http://[USER:PASSWORD@]HOST[:PORT]". TLS to the provider passes through a
// tunnel of the proxy (CONNECT), end to end: the proxy sees no token and no
// key.
//
// The proxy resolves the provider's name, so only the proxy's own rules can
// refuse private addresses; a provider given by an IP address is still checked
// here. The address of the proxy is the operator's choice and is not checked.
struct Proxy {
  // Fails with a message that can follow the name of a setting.
  static absl::StatusOr<Proxy> Parse(std::string_view text);

  std::string text;  // may hold a password: never log it
  std::string host;  // no brackets
  uint16_t port = 0;
  // "proxy:3128".
  std::string Authority() const;
};

}  // namespace usher::http

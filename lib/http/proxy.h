// The proxy an operator put between Usher and a provider.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace usher::http {

// "http://[USER:PASSWORD@]HOST[:PORT]". TLS to the provider runs through the
// proxy's tunnel (CONNECT), end to end: the proxy sees no token and no key.
//
// With a proxy it is the proxy that resolves the provider's name, so only the
// operator's rules there can keep the exchange from private addresses; a
// provider named by an address is still judged here. The proxy's own address is
// the operator's choice and is not judged.
struct Proxy {
  // Fails, in words that can follow the name of a setting.
  static absl::StatusOr<Proxy> Parse(std::string_view text);

  std::string text;  // may hold a password: never log it
  std::string host;  // no brackets
  uint16_t port = 0;
  // "proxy:3128".
  std::string Authority() const;
};

}  // namespace usher::http

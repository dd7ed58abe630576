// Parses ClientOptions::target.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace usher::client {

struct Target {
  std::string uri;  // as gRPC wants it
  // All of it is on this machine, as far as the text shows: loopback addresses,
  // "localhost", Unix sockets.
  bool local = false;
  // More than one address and no name: TLS has no name to compare the
  // certificate with.
  bool nameless = false;
};

// INVALID_ARGUMENT for an empty target, for a missing port in a list, for a
// port above 65535, and for a list of names (gRPC resolves only one name).
absl::StatusOr<Target> ParseTarget(std::string_view text);

}  // namespace usher::client

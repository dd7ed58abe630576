// Reads ClientOptions::target.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace usher::client {

struct Target {
  std::string uri;  // as gRPC wants it
  // Everything it names is on this machine, judged by name alone: loopback
  // addresses, "localhost", Unix sockets.
  bool local = false;
  // More than one address and no name: TLS cannot know what the certificate
  // should say.
  bool nameless = false;
};

// INVALID_ARGUMENT for an empty target, for a missing port in a list, and for
// a list of names (gRPC can follow only one name).
absl::StatusOr<Target> ParseTarget(std::string_view text);

}  // namespace usher::client

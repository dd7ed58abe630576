// What a Unix socket to listen on needs besides gRPC.
#pragma once

#include <string>

#include "absl/status/status.h"

namespace usher::server {

// The error that binding to `path` meets; 0: none. A socket that nobody listens
// on any more, which a killed process leaves behind, is none: gRPC replaces it.
// One that somebody listens on is, though gRPC would replace that too and leave
// its server without callers.
int UnixBindError(const std::string& path);

// Lets the owner and the group connect, whatever the umask: connecting takes
// write permission. The directory's own permissions still count.
absl::Status AllowGroup(const std::string& path);

}  // namespace usher::server

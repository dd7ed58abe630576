// What a listening Unix socket needs in addition to gRPC.
#pragma once

#include <string>

#include "absl/status/status.h"

namespace usher::server {

// The errno of binding to `path`; 0 for none. A socket file that a killed
// process left behind is not an error: gRPC replaces it. A socket on which a
// process listens is one, although gRPC would replace that too and cut off its
// server.
int UnixBindError(const std::string& path);

// Lets the owner and the group connect, whatever the umask: connecting needs
// write permission. The permissions of the directory count too.
absl::Status AllowGroup(const std::string& path);

}  // namespace usher::server

// Asks for the methods of a server.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "client/cli/base/methods.h"
#include "grpcpp/channel.h"
#include "grpcpp/support/status.h"

namespace usher::cli {

// Adds the methods of every service in a google.protobuf.FileDescriptorSet, as
// `protoc --descriptor_set_out` writes it. INVALID_ARGUMENT: `path` holds none.
absl::Status AddFromDescriptors(const std::string& path, Methods& methods);

// Adds the methods that the server's reflection (v1alpha) lists. Sends
// `authorization` unless it is empty. Blocks until `deadline` at most.
grpc::Status AddFromReflection(const std::shared_ptr<grpc::Channel>& channel,
                               const std::string& authorization,
                               absl::Time deadline, Methods& methods);

}  // namespace usher::cli

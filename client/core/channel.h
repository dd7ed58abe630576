// Makes the channel that ClientOptions describe.
#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "grpcpp/channel.h"
#include "usher/client_options.h"

namespace usher::client {

enum class Health {
  kRespected,  // asks only replicas whose health service says SERVING
  kIgnored,    // for tools: wants to hear from usherd itself what is wrong
};

// Connects lazily. INVALID_ARGUMENT says which option is wrong.
// FAILED_PRECONDITION: plaintext beyond this machine that nobody asked for.
absl::StatusOr<std::shared_ptr<grpc::Channel>> OpenChannel(
    const ClientOptions& options, Health health);

}  // namespace usher::client

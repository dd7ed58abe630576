// Makes a channel from ClientOptions.
#pragma once

#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "grpcpp/channel.h"
#include "usher/client_options.h"

namespace usher::client {

enum class Health {
  kRespected,  // uses only replicas whose health service says SERVING
  kIgnored,    // for tools, which want usherd's own error
};

// Connects lazily. INVALID_ARGUMENT says which option is wrong.
// FAILED_PRECONDITION: plaintext beyond this machine without
// insecure_allow_plaintext. The files of `options.tls` must be loaded already
// (tls_files.h).
absl::StatusOr<std::shared_ptr<grpc::Channel>> OpenChannel(
    const ClientOptions& options, Health health);

// Every option that OpenChannel() would refuse, each as a status of its own:
// "deadline: must be ...".
std::vector<absl::Status> FindErrors(const ClientOptions& options);

}  // namespace usher::client

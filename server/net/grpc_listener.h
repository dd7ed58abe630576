// The two gRPC listeners.
#pragma once

#include <grpcpp/grpcpp.h>

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "lib/config/config.h"

namespace usher::server {

// The largest message that the transport accepts: more than the largest batch
// (4 MiB), so that the service itself can answer that a batch is too large.
inline constexpr int kMaxReceiveBytes = 8 << 20;

// A running server.
struct Listening {
  std::unique_ptr<grpc::Server> server;
  // With the port that the system chose: "127.0.0.1:41234".
  std::string address;
};

// The service itself and health, nothing else: clients that can ask about
// tokens need no insight into the process.
absl::StatusOr<Listening> ListenForTokens(
    const std::string& address,
    std::shared_ptr<grpc::ServerCredentials> credentials,
    const config::ConnectionLife& life, grpc::Service& service);

// For operators: AdminService, health, reflection and channelz.
absl::StatusOr<Listening> ListenForAdmin(
    const std::string& address,
    std::shared_ptr<grpc::ServerCredentials> credentials,
    const config::ConnectionLife& life, grpc::Service& service);

}  // namespace usher::server

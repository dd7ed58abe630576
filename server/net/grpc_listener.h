// The two gRPC listeners.
#pragma once

#include <grpcpp/grpcpp.h>

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "lib/config/config.h"

namespace usher::server {

// What the transport takes: the largest batch (4 MiB), with room to answer that
// a batch is too large.
inline constexpr int kMaxReceiveBytes = 8 << 20;

// A server that answers.
struct Listening {
  std::unique_ptr<grpc::Server> server;
  // With the port that was chosen: "127.0.0.1:41234".
  std::string address;
};

// The service itself and health. Nothing else: whoever can ask about tokens
// need not see what the process does.
absl::StatusOr<Listening> ListenForTokens(
    const std::string& address, std::shared_ptr<grpc::ServerCredentials> how,
    const config::ConnectionLife& life, grpc::Service& service);

// For operators: AdminService, health, reflection and channelz.
absl::StatusOr<Listening> ListenForAdmin(
    const std::string& address, std::shared_ptr<grpc::ServerCredentials> how,
    const config::ConnectionLife& life, grpc::Service& service);

}  // namespace usher::server

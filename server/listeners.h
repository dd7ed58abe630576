// The two gRPC listeners.
#pragma once

#include <grpcpp/grpcpp.h>

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "lib/config/config.h"
#include "server/admin_service.h"
#include "server/token_service.h"

namespace usher::server {

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
    const config::ConnectionLife& life, TokenService& service);

// For operators: AdminService, health, reflection and channelz.
absl::StatusOr<Listening> ListenForAdmin(
    const std::string& address, std::shared_ptr<grpc::ServerCredentials> how,
    const config::ConnectionLife& life, AdminService& service);

}  // namespace usher::server

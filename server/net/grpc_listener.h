// The two gRPC listeners.
#pragma once

#include <grpcpp/grpcpp.h>

#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "lib/base/log.h"
#include "lib/config/config.h"
#include "server/net/acceptor.h"

namespace usher::server {

// The largest message that the transport accepts: more than the largest batch
// (4 MiB), so that the service itself can answer that a batch is too large.
// Messages are not decompressed: a compressed one gets UNIMPLEMENTED.
inline constexpr int kMaxReceiveBytes = 5 << 20;
// The admin listener also serves gRPC's own services, which parse what they
// get: reflection and channelz.
inline constexpr int kMaxAdminReceiveBytes = 256 << 10;

// gRPC's own bound on the memory of messages that are being received and of
// connections. It can exceed it for a moment, and ends connections that have no
// call, good ones too, when it is reached.
inline constexpr size_t kDefaultMemoryQuota = size_t{64} << 20;
inline constexpr size_t kAdminMemoryQuota = size_t{16} << 20;

// A running server. Stop the acceptor before the server is shut down.
struct Listening {
  std::unique_ptr<grpc::Server> server;
  std::unique_ptr<Acceptor> acceptor;
};

struct ListenOptions {
  std::string address;
  size_t most_connections;
  ListenerStats& stats;  // outlives the server, as the log does
  base::Log& log;
  std::optional<MemoryBrake> memory_brake = {};
};

// The service itself and health, nothing else: clients that can ask about
// tokens need no insight into the process.
absl::StatusOr<Listening> ListenForTokens(
    ListenOptions options, std::shared_ptr<grpc::ServerCredentials> credentials,
    const config::ConnectionLife& life, grpc::Service& service,
    size_t memory_quota = kDefaultMemoryQuota);

// For operators: AdminService, health, reflection and channelz.
absl::StatusOr<Listening> ListenForAdmin(
    ListenOptions options, std::shared_ptr<grpc::ServerCredentials> credentials,
    const config::ConnectionLife& life, grpc::Service& service);

}  // namespace usher::server

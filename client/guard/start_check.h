// Keeps a server from starting where its guard would not guard.
#pragma once

#include <atomic>
#include <memory>

#include "absl/status/status.h"
#include "client/guard/gatekeeper.h"
#include "grpcpp/server_builder.h"

namespace usher::guard {

// Whether a builder's InterceptorFactory still is where Install() put it.
using Installed = std::shared_ptr<std::atomic<bool>>;

// Has BuildAndStart() check `builder` first: it approves each port, or fails
// with a line in gRPC's log.
void CheckAtStart(grpc::ServerBuilder& builder,
                  std::shared_ptr<Gatekeeper> keeper, Installed installed);

// FAILED_PRECONDITION says what to write.
absl::Status CheckNow(grpc::ServerBuilder& builder, const Gatekeeper* keeper);

}  // namespace usher::guard

// Keeps a server from starting where its guard would not guard.
#pragma once

#include <memory>

#include "absl/status/status.h"
#include "client/guard/decide/authorizer.h"
#include "client/guard/grpc/installation.h"
#include "grpcpp/server_builder.h"

namespace usher::guard {

// Has BuildAndStart() check `builder` first: it approves each port and tells it
// of the wrapped methods, or fails with a line in gRPC's log.
void CheckAtStart(grpc::ServerBuilder& builder,
                  std::shared_ptr<Authorizer> authorizer,
                  std::shared_ptr<Installation> installation);

// FAILED_PRECONDITION says what to write.
absl::Status CheckNow(grpc::ServerBuilder& builder,
                      const Authorizer* authorizer);

}  // namespace usher::guard

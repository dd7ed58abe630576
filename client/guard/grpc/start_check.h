// Keeps a server from starting if its guard would not protect it.
#pragma once

#include <memory>

#include "absl/status/status.h"
#include "client/guard/decide/authorizer.h"
#include "client/guard/grpc/installation.h"
#include "grpcpp/server_builder.h"

namespace usher::guard {

// Makes BuildAndStart() check `builder` first. If the check passes, it approves
// each port and gives it the wrapped methods. If not, it writes to gRPC's log
// and BuildAndStart() returns null.
void CheckAtStart(grpc::ServerBuilder& builder,
                  std::shared_ptr<Authorizer> authorizer,
                  std::shared_ptr<Installation> installation);

// The same check, now. FAILED_PRECONDITION says what to write.
absl::Status CheckNow(grpc::ServerBuilder& builder,
                      const Authorizer* authorizer);

}  // namespace usher::guard

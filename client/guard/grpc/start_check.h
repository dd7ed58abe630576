// Keeps a server from starting if its guard would not protect it.
#pragma once

#include <memory>

#include "absl/status/status.h"
#include "client/guard/decide/authorizer.h"
#include "client/guard/grpc/installation.h"
#include "grpcpp/server_builder.h"

namespace usher::guard {

// Makes BuildAndStart() check `builder` first. If the check passes, the gates
// of its ports open for the new server, and for no other. If not, it writes to
// gRPC's log and BuildAndStart() returns null.
void CheckAtStart(grpc::ServerBuilder& builder,
                  std::shared_ptr<Authorizer> authorizer,
                  std::shared_ptr<Installation> installation);

// The same check, now; after BuildAndStart(), why the server did not start.
// FAILED_PRECONDITION says what to write.
absl::Status CheckNow(grpc::ServerBuilder& builder,
                      const Authorizer* authorizer);

// Whether SetInterceptorCreators() has given `builder` interceptors.
bool HasInterceptors(const grpc::ServerBuilder& builder);

}  // namespace usher::guard

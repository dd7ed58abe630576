// A VerifyResult as a grpc::Status, for gRPC services that verify by hand.
#pragma once

#include "grpcpp/support/status.h"
#include "usher/verify_result.h"

namespace usher {

// VerifyResult::ToStatus() with the same code and message, in gRPC's type.
inline grpc::Status ToGrpcStatus(const VerifyResult& result) {
  const absl::Status status = result.ToStatus();
  return grpc::Status(static_cast<grpc::StatusCode>(status.code()),
                      std::string(status.message()));
}

}  // namespace usher

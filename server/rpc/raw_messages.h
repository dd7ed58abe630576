// Requests and responses as gRPC hands them over and takes them: as bytes.
//
// Every method is served raw, so that a request is parsed only after the client
// service was admitted and the bytes were checked (request_limits.h).
#pragma once

#include <grpcpp/grpcpp.h>

#include "google/protobuf/message_lite.h"
#include "lib/rpc/message_limits.h"
#include "server/core/status.h"
#include "server/rpc/request_limits.h"

namespace usher::server {

// Parses `bytes` into `out`, which must be empty, if they keep `limits`.
// Empties `bytes`: a request that waits is kept in one form only.
FieldViolations ReadMessage(const grpc::ByteBuffer& bytes,
                            const rpc::MessageLimits& limits,
                            google::protobuf::MessageLite& out);

template <typename Request>
FieldViolations ReadRequest(const grpc::ByteBuffer& bytes, Request& out) {
  return ReadMessage(bytes, LimitsOf(out), out);
}

// INTERNAL if the response is too large for a message.
grpc::Status WriteResponse(const google::protobuf::MessageLite& response,
                           grpc::ByteBuffer& out);

}  // namespace usher::server

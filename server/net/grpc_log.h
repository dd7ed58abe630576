// gRPC's own complaints, in our log instead of beside it.
#pragma once

#include "lib/base/log.h"

namespace usher::server {

// While it exists, what gRPC logs as an error is written as event "grpc", at
// most 10 lines a second: a peer that fails its handshakes must not fill a
// disk. One at a time in a process.
class GrpcLog {
 public:
  explicit GrpcLog(base::Log& log);
  ~GrpcLog();
  GrpcLog(const GrpcLog&) = delete;
  GrpcLog& operator=(const GrpcLog&) = delete;
};

}  // namespace usher::server

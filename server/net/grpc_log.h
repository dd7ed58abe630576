// Writes gRPC's own error messages to our log.
#pragma once

#include "lib/base/log.h"

namespace usher::server {

// While it exists, gRPC's error messages are written as event "grpc", at most
// 10 lines per second: a peer whose handshakes fail must not fill the disk. At
// most one object per process at a time.
class GrpcLog {
 public:
  explicit GrpcLog(base::Log& log);
  ~GrpcLog();
  GrpcLog(const GrpcLog&) = delete;
  GrpcLog& operator=(const GrpcLog&) = delete;
};

}  // namespace usher::server

// Keeps gRPC's callback threads awake.
//
// All callback servers of a process share the two polling threads of gRPC 1.51.
// After one second without events they sleep for 100 ms at a time, and a rare
// request waits up to that long. A health check of the own server inside the
// process, more than three times a second, prevents it.
#pragma once

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include "lib/base/mutex.h"

namespace usher::server {

class PollerKeepalive {
 public:
  // The longest time between two calls of Ping().
  static constexpr int kPauseMilliseconds = 250;

  // `server` must outlive it.
  explicit PollerKeepalive(grpc::Server& server);
  // Waits for the running check.
  ~PollerKeepalive();

  // Starts a check unless one is running. Does not wait.
  void Ping();

 private:
  grpc::GenericStub stub_;
  base::Mutex mutex_;
  base::CondVar ended_;
  bool running_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace usher::server

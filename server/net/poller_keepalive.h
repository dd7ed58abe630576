// Keeps gRPC's callback threads awake.
//
// gRPC 1.51's two polling threads, which every callback server of a process
// shares, take to sleeping 100 ms at a time after one second without events: a
// rare request would then wait up to that long. A health check of the server's
// own, more than three times a second, inside the process, prevents it.
#pragma once

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include <condition_variable>
#include <mutex>

namespace usher::server {

class PollerKeepalive {
 public:
  // How long may lie between two beats.
  static constexpr int kPauseMilliseconds = 250;

  // `server` must outlive it.
  explicit PollerKeepalive(grpc::Server& server);
  // Waits for the check under way.
  ~PollerKeepalive();

  // Begins one check, unless the last has not ended. Does not wait.
  void Beat();

 private:
  grpc::GenericStub stub_;
  std::mutex mutex_;
  std::condition_variable ended_;
  bool beating_ = false;
};

}  // namespace usher::server

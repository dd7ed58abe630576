// One RPC, counted when it begins and when it ends.
#pragma once

#include <grpcpp/grpcpp.h>

#include <chrono>

#include "absl/time/time.h"
#include "server/core/rpc_methods.h"
#include "server/stats/counters.h"

namespace usher::server {

// Cheap to copy, so that a callback can keep it. Its owner calls End() exactly
// once; after that the request and the response no longer exist.
class Call {
 public:
  Call(Counters& counters, Rpc rpc, grpc::CallbackServerContext& context)
      : Call(counters, rpc, context.DefaultReactor()) {}
  Call(Counters& counters, Rpc rpc, grpc::ServerUnaryReactor* reactor)
      : counters_(&counters),
        rpc_(rpc),
        reactor_(reactor),
        began_(std::chrono::steady_clock::now()) {
    counters_->OnBegun();
  }

  // On any thread, and also before the handler has returned.
  void End(const grpc::Status& status) const {
    counters_->OnEnded(
        rpc_, status.error_code(),
        absl::FromChrono(std::chrono::steady_clock::now() - began_));
    reactor_->Finish(status);
  }

  Rpc rpc() const { return rpc_; }
  // What the handler returns to gRPC.
  grpc::ServerUnaryReactor* reactor() const { return reactor_; }

 private:
  Counters* counters_;
  Rpc rpc_;
  grpc::ServerUnaryReactor* reactor_;
  std::chrono::steady_clock::time_point began_;
};

}  // namespace usher::server

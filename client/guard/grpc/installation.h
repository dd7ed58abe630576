// The state of a guard on one server. The interceptor, the start check and the
// gates of the server's ports share it.
#pragma once

#include <atomic>
#include <memory>

#include "absl/status/status.h"
#include "client/guard/decide/wrapped_methods.h"

struct grpc_server;

namespace usher::guard {

struct Installation {
  // Whether the builder, and then the server, still has the guard's
  // interceptor. False once that server has ended.
  std::atomic<bool> has_interceptor = false;
  // Whether the builder had interceptors before Install().
  bool replaced_interceptors = false;
  // Whether BuildAndStart() was called, and why it failed, if it did for a
  // reason that the guard knows.
  bool started = false;
  absl::Status start_error = absl::OkStatus();
  // Set once, before the server starts. Null if no method is wrapped.
  std::shared_ptr<const WrappedMethods> wrapped = nullptr;
  // The server that may open ports. Set once the start check has passed.
  std::atomic<grpc_server*> server = nullptr;

  // Whether `opening` is the server that passed the start check and still has
  // the interceptor. Another server may get the address of one that has ended.
  bool Approves(const grpc_server* opening) const {
    return has_interceptor && server == opening;
  }
};

}  // namespace usher::guard

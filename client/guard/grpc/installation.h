// The state of a guard on one server. The interceptor, the start check and the
// gates of the server's ports share it.
#pragma once

#include <atomic>
#include <memory>

#include "absl/status/status.h"
#include "client/guard/decide/wrapped_methods.h"

namespace usher::guard {

struct Installation {
  // Whether the builder, and then the server, still has the guard's
  // interceptor.
  std::atomic<bool> has_interceptor = false;
  // Whether BuildAndStart() was called, and the error that its check found.
  bool started = false;
  absl::Status start_error = absl::OkStatus();
  // Set once, before the server starts. Null if no method is wrapped.
  std::shared_ptr<const WrappedMethods> wrapped = nullptr;
};

}  // namespace usher::guard

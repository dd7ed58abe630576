// What the parts of a guard on one server share: the interceptor, the start
// check and the gates of its ports.
#pragma once

#include <atomic>
#include <memory>

#include "absl/status/status.h"
#include "client/guard/decide/wrapped_methods.h"

namespace usher::guard {

struct Installation {
  // The interceptor still is where Install() put it.
  std::atomic<bool> intact = false;
  // BuildAndStart() was called, and what it found.
  bool used = false;
  absl::Status fault = absl::OkStatus();
  // Set once, before the server starts. Null where there are none.
  std::shared_ptr<const WrappedMethods> wrapped = nullptr;
};

}  // namespace usher::guard

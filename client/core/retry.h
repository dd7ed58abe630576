// Whether and when to make another attempt. Pure.
#pragma once

#include <optional>

#include "absl/time/time.h"
#include "grpcpp/support/status.h"

namespace usher::client {

struct Attempt {
  int number;  // of the attempt that failed, from 1
  int max_attempts;
  absl::Duration time_left;  // to the deadline of the request
  double jitter;             // in [0, 1): spreads clients that failed together
};

// How long to wait before the next attempt. Empty: there is none. Only
// UNAVAILABLE and RESOURCE_EXHAUSTED are retried, never sooner than the
// server's RetryInfo says, and never so late that no time would be left.
std::optional<absl::Duration> RetryDelay(const grpc::Status& status,
                                         const Attempt& attempt);

}  // namespace usher::client

// Whether, and when, to ask again. Pure.
#pragma once

#include <optional>

#include "absl/time/time.h"
#include "grpcpp/support/status.h"

namespace usher::client {

struct Attempt {
  int number;  // of the one that failed, from 1
  int max_attempts;
  absl::Duration time_left;  // to the deadline of the whole
  double dice;               // in [0, 1): spreads those who failed together
};

// How long to wait before asking again, or nothing: this is the last word.
// Only UNAVAILABLE and RESOURCE_EXHAUSTED are asked again, never sooner than
// the server's RetryInfo says, and never so late that no time would be left.
std::optional<absl::Duration> RetryDelay(const grpc::Status& status,
                                         const Attempt& attempt);

}  // namespace usher::client

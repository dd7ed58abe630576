#include "client/core/retry.h"

#include <algorithm>

#include "lib/rpc/status_details.h"

namespace usher::client {
namespace {

// Long enough to give an overloaded or restarting server a moment, short enough
// for two attempts within a deadline of one second.
constexpr absl::Duration kBroken = absl::Milliseconds(10);
constexpr absl::Duration kOverloaded = absl::Milliseconds(100);

}  // namespace

std::optional<absl::Duration> RetryDelay(const grpc::Status& status,
                                         const Attempt& attempt) {
  const bool overloaded =
      status.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED;
  if (!overloaded && status.error_code() != grpc::StatusCode::UNAVAILABLE) {
    return std::nullopt;
  }
  if (attempt.number >= attempt.max_attempts) return std::nullopt;
  absl::Duration delay =
      (overloaded ? kOverloaded : kBroken) * (1 << (attempt.number - 1));
  delay *= 0.5 + attempt.jitter;
  if (const auto named = rpc::DetailsOf(status).retry_delay) {
    // Spread upward only: never sooner than the server says.
    delay = std::max(delay, *named * (1 + attempt.jitter / 4));
  }
  if (delay >= attempt.time_left) return std::nullopt;
  return delay;
}

}  // namespace usher::client

// When usherd answers a request that waits for keys.
#pragma once

#include <algorithm>

#include "absl/time/time.h"

namespace usher::server {

// A client that needs an answer needs it soon: it has callers of its own, and a
// waiting request holds memory.
inline constexpr absl::Duration kLongestWait = absl::Seconds(2);

// `left` is the time to the caller's deadline. The answer leaves early enough
// to arrive before that: a caller that hears "undecided" knows that usherd is
// there. May be in the past; then there is no time to wait.
inline absl::Time AnswerBy(absl::Time now, absl::Duration left) {
  const absl::Duration margin = std::max(absl::Milliseconds(50), left / 10);
  return now + std::min(kLongestWait, left - margin);
}

}  // namespace usher::server

// When a provider that did not answer wants to be asked again: Retry-After
// (RFC 9110 section 10.2.3).
#pragma once

#include <optional>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "lib/http/client.h"

namespace usher::jwks {

// A provider cannot keep its keys away for longer than this.
inline constexpr absl::Duration kLongestRetryAfter = absl::Seconds(60);

// The wait that the response asks for, in seconds or as a date: from zero to
// kLongestRetryAfter. A date is compared with the response's own Date, or else
// with `now`. Absent if there is no usable Retry-After. Pure.
std::optional<absl::Duration> RetryAfterIn(const http::Response& response,
                                           absl::Time now);

// `error` with this wait, and the wait of an error: zero if it has none.
absl::Status WithRetryAfter(absl::Status error,
                            std::optional<absl::Duration> wait);
absl::Duration RetryAfterOf(const absl::Status& error);

}  // namespace usher::jwks

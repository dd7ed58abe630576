// How long an HTTP response stays fresh by its headers (RFC 9111). Pure.
#pragma once

#include <optional>

#include "absl/time/time.h"
#include "lib/http/client.h"

namespace usher::jwks {

// max-age of Cache-Control minus the Age that caches on the way report, never
// below zero; zero for no-store and no-cache. Absent if there is no usable
// max-age: one that is not a number does not count.
std::optional<absl::Duration> MaxAgeOf(const http::Response& response);

}  // namespace usher::jwks

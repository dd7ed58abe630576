// How long an HTTP response stays fresh by its headers (RFC 9111). Pure.
#pragma once

#include <optional>

#include "absl/time/time.h"
#include "lib/http/client.h"

namespace usher::jwks {

// max-age of Cache-Control minus the Age that caches on the way report, never
// below zero. Absent if there is no usable max-age: one that is not a number
// does not count. Absent also with no-store or no-cache, whatever max-age says:
// they concern HTTP caches, and many providers send them with every answer
// (Keycloak, Hydra, Spring, SPIRE), so they say nothing about the keys.
std::optional<absl::Duration> MaxAgeOf(const http::Response& response);

}  // namespace usher::jwks

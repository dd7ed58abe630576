// How long an HTTP answer says it stays fresh (RFC 9111). Pure.
#pragma once

#include <optional>

#include "absl/time/time.h"
#include "lib/http/client.h"

namespace usher::jwks {

// Cache-Control's max-age less the Age that caches on the way report, never
// below zero; zero for no-store and no-cache. Absent where nothing usable is
// said: a max-age that is no number counts as unsaid.
std::optional<absl::Duration> MaxAgeOf(const http::Response& response);

}  // namespace usher::jwks

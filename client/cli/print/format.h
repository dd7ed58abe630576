// Formats values for people. Pure.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "lib/base/text/visible.h"

namespace usher::cli {

// All text from a token, a server or a file goes through this.
using base::Visible;

// "4m 10s", "2d 3h", "850ms": the two largest units.
std::string ShortDuration(absl::Duration duration);

// "2026-01-01T00:05:00Z".
std::string UtcTime(absl::Time time);

// "in 4m 10s", "12s ago", "now".
std::string RelativeTime(absl::Time time, absl::Time now);

// "2026-01-01T00:05:00Z (in 4m 10s)".
std::string UtcTime(absl::Time time, absl::Time now);

// "read, write"; "none" for none.
std::string Join(std::span<const std::string> parts);

}  // namespace usher::cli

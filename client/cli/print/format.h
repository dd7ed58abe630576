// Values as people read them. Pure.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "absl/time/time.h"

namespace usher::cli {

// The text with everything that could move a terminal's cursor, change its
// colours, reorder what is read or hide shown as \u{1b}: control characters,
// direction marks, zero-width characters, and bytes that are not UTF-8 as
// \x{ff}. What a token says goes through this.
std::string Visible(std::string_view text);

// "4m 10s", "2d 3h", "850ms": the two largest units.
std::string InWords(absl::Duration duration);

// "2026-01-01T00:05:00Z".
std::string InWords(absl::Time time);

// "in 4m 10s", "12s ago", "now".
std::string Relative(absl::Time time, absl::Time now);

// "2026-01-01T00:05:00Z (in 4m 10s)".
std::string InWords(absl::Time time, absl::Time now);

// "read, write"; "none" for none.
std::string Join(std::span<const std::string> parts);

}  // namespace usher::cli

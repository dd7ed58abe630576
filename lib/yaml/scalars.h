// Conversions between the exact text of a scalar and its value. YAML's own
// rules
// (`no` is false, `017` is fifteen) surprise people and are not used. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "absl/time/time.h"

namespace usher::yaml {

// Exactly "true" or "false".
std::optional<bool> ParseBool(std::string_view text);

// Decimal digits without sign, separators or leading zeros, at most 2^63 - 1.
std::optional<size_t> ParseCount(std::string_view text);

// "0", "1", "0.01": decimal digits, at most nine after the point, 0 to 1.
std::optional<double> ParseFraction(std::string_view text);
std::string FractionText(double fraction);

// "60s", "5m", "24h", "1h30m", "500ms": whole numbers with the units h, m, s
// and ms, larger ones first, each at most once; at most kMaxDuration.
constexpr absl::Duration kMaxDuration = absl::Hours(10 * 365 * 24);
std::optional<absl::Duration> ParseDuration(std::string_view text);
std::string DurationText(absl::Duration duration);

// "65536B", "64KiB", "128MiB", "2GiB".
std::optional<size_t> ParseSize(std::string_view text);
std::string SizeText(size_t bytes);

}  // namespace usher::yaml

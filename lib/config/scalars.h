// What a scalar may mean: judged here, on its exact text, because YAML's own
// ideas (`no` is false, `017` is fifteen) surprise people. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "absl/time/time.h"

namespace usher::config {

// Exactly "true" or "false".
std::optional<bool> ParseSwitch(std::string_view text);

// Decimal digits without sign, separators or needless leading zero, at most
// 2^63 - 1.
std::optional<size_t> ParseCount(std::string_view text);

// "0", "1", "0.01": decimal digits, at most nine after the point, 0 to 1.
std::optional<double> ParseShare(std::string_view text);
std::string ShareText(double share);

// "60s", "5m", "24h", "1h30m", "500ms": whole numbers with the units h, m, s
// and ms, larger ones first, each at most once; at most kLongestDuration.
constexpr absl::Duration kLongestDuration = absl::Hours(10 * 365 * 24);
std::optional<absl::Duration> ParseDuration(std::string_view text);
std::string DurationText(absl::Duration duration);

// "65536B", "64KiB", "128MiB", "2GiB".
std::optional<size_t> ParseSize(std::string_view text);
std::string SizeText(size_t bytes);

}  // namespace usher::config

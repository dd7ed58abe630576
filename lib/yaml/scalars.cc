#include "lib/yaml/scalars.h"

#include <array>
#include <charconv>
#include <cstdint>
#include <limits>

#include "lib/base/text/strings.h"

namespace usher::yaml {
namespace {

struct TimeUnit {
  std::string_view name;
  int64_t milliseconds;
};
constexpr auto kTimeUnits = std::to_array<TimeUnit>(
    {{"h", 3'600'000}, {"m", 60'000}, {"s", 1000}, {"ms", 1}});

struct SizeUnit {
  std::string_view name;
  size_t bytes;
};
constexpr auto kSizeUnits = std::to_array<SizeUnit>(
    {{"GiB", 1u << 30}, {"MiB", 1u << 20}, {"KiB", 1u << 10}, {"B", 1}});

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Removes the digits at the front of `text` and returns their value.
std::optional<int64_t> ConsumeNumber(std::string_view& text) {
  size_t digits = 0;
  while (digits < text.size() && IsDigit(text[digits])) ++digits;
  if (digits == 0 || (digits > 1 && text.front() == '0')) return std::nullopt;
  int64_t number = 0;
  const auto read = std::from_chars(text.data(), text.data() + digits, number);
  if (read.ec != std::errc()) return std::nullopt;
  text.remove_prefix(digits);
  return number;
}

// Removes and returns the characters before the next digit of `text`.
std::string_view ConsumeUnit(std::string_view& text) {
  size_t letters = 0;
  while (letters < text.size() && !IsDigit(text[letters])) ++letters;
  const std::string_view unit = text.substr(0, letters);
  text.remove_prefix(letters);
  return unit;
}

}  // namespace

std::optional<bool> ParseBool(std::string_view text) {
  if (text == "true") return true;
  if (text == "false") return false;
  return std::nullopt;
}

std::optional<double> ParseFraction(std::string_view text) {
  constexpr size_t kMaxDecimals = 9;
  const auto whole = ConsumeNumber(text);
  if (!whole || *whole > 1) return std::nullopt;
  if (text.empty()) return static_cast<double>(*whole);
  if (text.front() != '.') return std::nullopt;
  text.remove_prefix(1);
  if (text.empty() || text.size() > kMaxDecimals) return std::nullopt;
  double fraction = static_cast<double>(*whole);
  double place = 1;
  for (const char digit : text) {
    if (!IsDigit(digit)) return std::nullopt;
    fraction += (digit - '0') * (place /= 10);
  }
  if (fraction > 1) return std::nullopt;
  return fraction;
}

std::string FractionText(double fraction) {
  std::array<char, 32> text;
  const auto end = std::to_chars(text.begin(), text.end(), fraction).ptr;
  return std::string(text.begin(), end);
}

std::optional<size_t> ParseCount(std::string_view text) {
  const auto number = ConsumeNumber(text);
  if (!number || !text.empty()) return std::nullopt;
  return static_cast<size_t>(*number);
}

std::optional<absl::Duration> ParseDuration(std::string_view text) {
  if (text.empty()) return std::nullopt;
  const int64_t max = kMaxDuration / absl::Milliseconds(1);
  int64_t total = 0;
  auto unit = kTimeUnits.begin();
  while (!text.empty()) {
    const auto number = ConsumeNumber(text);
    if (!number) return std::nullopt;
    const std::string_view name = ConsumeUnit(text);
    while (unit != kTimeUnits.end() && unit->name != name) ++unit;
    if (unit == kTimeUnits.end()) return std::nullopt;
    if (*number > (max - total) / unit->milliseconds) return std::nullopt;
    total += *number * unit->milliseconds;
    ++unit;
  }
  return absl::Milliseconds(total);
}

std::string DurationText(absl::Duration duration) {
  int64_t rest = absl::ToInt64Milliseconds(duration);
  if (rest == 0) return "0s";
  std::string out;
  for (const TimeUnit& unit : kTimeUnits) {
    if (rest < unit.milliseconds) continue;
    out += base::StrCat(rest / unit.milliseconds, unit.name);
    rest %= unit.milliseconds;
  }
  return out;
}

std::optional<size_t> ParseSize(std::string_view text) {
  const auto number = ConsumeNumber(text);
  if (!number) return std::nullopt;
  for (const SizeUnit& unit : kSizeUnits) {
    if (unit.name != text) continue;
    const auto count = static_cast<size_t>(*number);
    if (count > std::numeric_limits<size_t>::max() / unit.bytes) break;
    return count * unit.bytes;
  }
  return std::nullopt;
}

std::string SizeText(size_t bytes) {
  for (const SizeUnit& unit : kSizeUnits) {
    if (bytes >= unit.bytes && bytes % unit.bytes == 0) {
      return base::StrCat(bytes / unit.bytes, unit.name);
    }
  }
  return "0B";
}

}  // namespace usher::yaml

// Codecs convert between a YAML value and a C++ type. Each has
//   static std::string TypeName();                  "duration, 0s to 10m"
//   static void Read(const Value&, Type& out);      errors go to the report
//   static std::string Format(const Type& value);   as written in YAML
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "lib/yaml/scalars.h"
#include "lib/yaml/value.h"

namespace usher::yaml {

struct Text {
  static std::string TypeName() { return "text"; }
  static void Read(const Value& value, std::string& out);
  static void Read(const Value& value, std::optional<std::string>& out);
  static std::string Format(const std::string& text) { return text; }
  static std::string Format(const std::optional<std::string>& text);
};

struct Bool {
  static std::string TypeName() { return "true or false"; }
  static void Read(const Value& value, bool& out);
  static std::string Format(bool value) { return value ? "true" : "false"; }
};

// At least one text; no text is empty or listed twice.
struct TextList {
  static std::string TypeName() { return "list of text"; }
  static void Read(const Value& value, std::vector<std::string>& out);
  static std::string Format(const std::vector<std::string>& texts);
};

// A number from 0 to 1.
struct Fraction {
  static std::string TypeName() { return "number, 0 to 1"; }
  static void Read(const Value& value, double& out);
  static std::string Format(double value) { return FractionText(value); }
};

// A duration whose limits are checked elsewhere.
struct Duration {
  static std::string TypeName() { return "duration"; }
  static void Read(const Value& value, absl::Duration& out);
  static void Read(const Value& value, std::optional<absl::Duration>& out);
  static std::string Format(absl::Duration value) {
    return DurationText(value);
  }
  static std::string Format(const std::optional<absl::Duration>& value);
};

// Inclusive limits, formatted.
struct Limits {
  std::string min;
  std::string max;
};
std::string TypeNameWithLimits(std::string_view type, const Limits& limits);
void AddLimitError(const Value& value, const Limits& limits);

// Limits in seconds.
template <int64_t kMin, int64_t kMax>
struct DurationBetween : Duration {
  static Limits AllowedLimits() {
    return {Format(absl::Seconds(kMin)), Format(absl::Seconds(kMax))};
  }
  static std::string TypeName() {
    return TypeNameWithLimits("duration", AllowedLimits());
  }
  static void Read(const Value& value, absl::Duration& out) {
    Duration::Read(value, out);
    if (out < absl::Seconds(kMin) || out > absl::Seconds(kMax)) {
      AddLimitError(value, AllowedLimits());
    }
  }
};

std::optional<size_t> ReadCount(const Value& value);
std::optional<size_t> ReadSize(const Value& value);

template <size_t kMin, size_t kMax>
struct CountBetween {
  static Limits AllowedLimits() {
    return {std::to_string(kMin), std::to_string(kMax)};
  }
  static std::string TypeName() {
    return TypeNameWithLimits("whole number", AllowedLimits());
  }
  static std::string Format(size_t count) { return std::to_string(count); }
  static void Read(const Value& value, size_t& out) {
    const auto count = ReadCount(value);
    if (!count) return;
    if (*count < kMin || *count > kMax) AddLimitError(value, AllowedLimits());
    out = *count;
  }
};

// Limits in bytes.
template <size_t kMin, size_t kMax>
struct SizeBetween {
  static Limits AllowedLimits() { return {SizeText(kMin), SizeText(kMax)}; }
  static std::string TypeName() {
    return TypeNameWithLimits("size", AllowedLimits());
  }
  static std::string Format(size_t bytes) { return SizeText(bytes); }
  static void Read(const Value& value, size_t& out) {
    const auto bytes = ReadSize(value);
    if (!bytes) return;
    if (*bytes < kMin || *bytes > kMax) AddLimitError(value, AllowedLimits());
    out = *bytes;
  }
};

enum class EmptyText { kInvalid, kAllowed };

// Calls `use` for every text of a list; a text listed twice is an error.
void ForEachText(
    const Value& list, EmptyText empty_text,
    const std::function<void(const Value&, std::string_view)>& use);

// An error for a `name` that is none of `known`: "unknown algorithm "ES265":
// did you mean ES256?".
void AddUnknownNameError(const Value& value, std::string_view what,
                         std::string_view name,
                         std::span<const std::string_view> known);

}  // namespace usher::yaml

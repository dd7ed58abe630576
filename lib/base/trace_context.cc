#include "lib/base/trace_context.h"

#include <algorithm>
#include <cstdint>
#include <random>

namespace usher::base {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";
constexpr size_t kLongestRequestId = 64;

// "00-<32>-<16>-<2>"
constexpr size_t kVersionEnd = 2;
constexpr size_t kTraceBegin = 3, kTraceEnd = 35;
constexpr size_t kParentBegin = 36, kParentEnd = 52;
constexpr size_t kFlagsBegin = 53, kFlagsEnd = kTraceparentSize;

bool IsHex(std::string_view text) {
  return text.find_first_not_of(kHexDigits) == std::string_view::npos;
}

bool IsZero(std::string_view text) {
  return text.find_first_not_of('0') == std::string_view::npos;
}

std::string_view Between(std::string_view text, size_t begin, size_t end) {
  return text.substr(begin, end - begin);
}

bool IsRequestIdCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == ':';
}

}  // namespace

std::optional<TraceContext> ParseTraceparent(std::string_view header) {
  if (header.size() < kFlagsEnd) return std::nullopt;
  for (const size_t dash : {kVersionEnd, kTraceEnd, kParentEnd}) {
    if (header[dash] != '-') return std::nullopt;
  }
  const auto version = Between(header, 0, kVersionEnd);
  const auto trace = Between(header, kTraceBegin, kTraceEnd);
  const auto parent = Between(header, kParentBegin, kParentEnd);
  const auto flags = Between(header, kFlagsBegin, kFlagsEnd);
  for (const auto part : {version, trace, parent, flags}) {
    if (!IsHex(part)) return std::nullopt;
  }
  if (version == "ff" || IsZero(trace) || IsZero(parent)) return std::nullopt;
  const bool ends_here = header.size() == kFlagsEnd;
  if (!ends_here && (version == "00" || header[kFlagsEnd] != '-')) {
    return std::nullopt;
  }
  return TraceContext{std::string(trace), std::string(parent)};
}

bool IsRequestId(std::string_view id) {
  return !id.empty() && id.size() <= kLongestRequestId &&
         std::all_of(id.begin(), id.end(), IsRequestIdCharacter);
}

std::string NewRequestId() {
  thread_local std::mt19937_64 random = [] {
    std::random_device device;
    std::seed_seq seed{device(), device(), device(), device()};
    return std::mt19937_64(seed);
  }();
  std::string id;
  for (int half = 0; half < 2; ++half) {
    uint64_t bits = random();
    for (int digit = 0; digit < 16; ++digit, bits >>= 4) {
      id += kHexDigits[bits & 15];
    }
  }
  return id;
}

}  // namespace usher::base

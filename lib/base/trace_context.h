// What identifies one request in several services: W3C Trace Context
// (https://www.w3.org/TR/trace-context/) and a request id. Pure.
//
// Usher makes no spans. It reads the context and adds it to its log lines.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace usher::base {

// The size of a traceparent of version 00. Later versions may be longer.
inline constexpr size_t kTraceparentSize = 55;

struct TraceContext {
  std::string trace_id;   // 32 lower-case hexadecimal digits, not all zero
  std::string parent_id;  // 16 such digits: the caller's span

  bool operator==(const TraceContext&) const = default;
};

// Parses a `traceparent` header (section 3.2.2); a later version may have more
// after the flags. Nothing if it is malformed: the standard says to ignore it.
std::optional<TraceContext> ParseTraceparent(std::string_view header);

// Whether `id` is safe in a log and in an answer: 1 to 64 letters, digits and
// the characters - . _ :
bool IsRequestId(std::string_view id);

// 32 hexadecimal digits, different each time. Not a secret.
std::string NewRequestId();

}  // namespace usher::base

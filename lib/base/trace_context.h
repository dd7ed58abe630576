// What lets one request be followed through several services: W3C Trace Context
// (https://www.w3.org/TR/trace-context/) and a request id. Pure.
//
// Usher makes no spans: it reads the context and puts it into what it writes.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace usher::base {

// Of a traceparent of version 00; those of later versions may be longer.
inline constexpr size_t kTraceparentSize = 55;

struct TraceContext {
  std::string trace_id;   // 32 lower-case hexadecimal digits, not all zero
  std::string parent_id;  // 16 of them: the caller's span

  bool operator==(const TraceContext&) const = default;
};

// The value of a `traceparent` header, by the letter of section 3.2.2; a later
// version may go on after the flags. Nothing where it is not well-formed: the
// standard has it ignored then.
std::optional<TraceContext> ParseTraceparent(std::string_view header);

// Whether `id` may be repeated in a log and an answer: 1 to 64 letters, digits,
// and -._: characters.
bool IsRequestId(std::string_view id);

// 32 hexadecimal digits, different each time. Not a secret.
std::string NewRequestId();

}  // namespace usher::base

#include "lib/jwks/retry_after.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "absl/strings/ascii.h"
#include "absl/strings/cord.h"
#include "absl/strings/numbers.h"
#include "lib/base/text/strings.h"

namespace usher::jwks {
namespace {

constexpr char kPayload[] = "usher.dev/retry-after-milliseconds";

// IMF-fixdate, and the two obsolete forms that a recipient must accept (RFC
// 9110 section 5.6.7). All are in GMT.
std::optional<absl::Time> DateIn(std::string_view text) {
  constexpr const char* kForms[] = {"%a, %d %b %Y %H:%M:%S GMT",
                                    "%A, %d-%b-%y %H:%M:%S GMT",
                                    "%a %b %e %H:%M:%S %Y"};
  for (const char* form : kForms) {
    absl::Time time;
    std::string error;
    if (absl::ParseTime(form, base::Absl(text), &time, &error)) return time;
  }
  return std::nullopt;
}

}  // namespace

std::optional<absl::Duration> RetryAfterIn(const http::Response& response,
                                           absl::Time now) {
  const auto header = response.Header("retry-after");
  if (!header || header->empty()) return std::nullopt;
  absl::Duration wait;
  if (std::all_of(header->begin(), header->end(), absl::ascii_isdigit)) {
    int64_t seconds = 0;
    wait = absl::SimpleAtoi(base::Absl(*header), &seconds)
               ? absl::Seconds(seconds)
               : kLongestRetryAfter;
  } else {
    const auto date = DateIn(*header);
    if (!date) return std::nullopt;
    const auto sent = response.Header("date");
    wait = *date - (sent ? DateIn(*sent) : std::nullopt).value_or(now);
  }
  return std::clamp(wait, absl::ZeroDuration(), kLongestRetryAfter);
}

absl::Status WithRetryAfter(absl::Status error,
                            std::optional<absl::Duration> wait) {
  if (wait) {
    error.SetPayload(
        kPayload, absl::Cord(std::to_string(absl::ToInt64Milliseconds(*wait))));
  }
  return error;
}

absl::Duration RetryAfterOf(const absl::Status& error) {
  const auto payload = error.GetPayload(kPayload);
  int64_t milliseconds = 0;
  if (!payload || !absl::SimpleAtoi(std::string(*payload), &milliseconds)) {
    return absl::ZeroDuration();
  }
  return absl::Milliseconds(milliseconds);
}

}  // namespace usher::jwks

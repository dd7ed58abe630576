#include "lib/jwks/cache_control.h"

#include <algorithm>
#include <cstdint>
#include <string_view>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "lib/base/text/strings.h"

namespace usher::jwks {
namespace {

std::string_view Trim(std::string_view text) {
  return base::Std(absl::StripAsciiWhitespace(base::Absl(text)));
}

// delta-seconds (RFC 9111 section 1.2.2): only digits, here also in quotes,
// because section 5.2 asks recipients to accept both. At most a year.
std::optional<absl::Duration> Seconds(std::string_view text) {
  constexpr uint64_t kYear = 366 * 86400;
  text = Trim(text);
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"') {
    text = text.substr(1, text.size() - 2);
  }
  if (text.empty() ||
      !std::all_of(text.begin(), text.end(), absl::ascii_isdigit)) {
    return std::nullopt;
  }
  uint64_t seconds = kYear;
  if (!absl::SimpleAtoi(base::Absl(text), &seconds)) seconds = kYear;
  return absl::Seconds(static_cast<int64_t>(std::min(seconds, kYear)));
}

}  // namespace

std::optional<absl::Duration> MaxAgeOf(const http::Response& response) {
  std::optional<absl::Duration> max_age;
  for (const auto& [name, value] : response.headers) {
    if (name != "cache-control") continue;
    std::string_view rest = value;
    while (!rest.empty()) {
      const size_t comma = std::min(rest.find(','), rest.size());
      const std::string_view directive = Trim(rest.substr(0, comma));
      rest.remove_prefix(std::min(comma + 1, rest.size()));
      const size_t equals = std::min(directive.find('='), directive.size());
      const std::string_view word = Trim(directive.substr(0, equals));
      if (base::EqualsIgnoreCase(word, "no-store") ||
          base::EqualsIgnoreCase(word, "no-cache")) {
        return std::nullopt;
      }
      // Of two, the first counts (section 4.2.1).
      if (max_age.has_value()) continue;
      if (!base::EqualsIgnoreCase(word, "max-age")) continue;
      if (equals < directive.size()) {
        max_age = Seconds(directive.substr(equals + 1));
      }
    }
  }
  if (!max_age.has_value()) return std::nullopt;
  const auto age = response.Header("age");
  const absl::Duration spent =
      age.has_value() ? Seconds(*age).value_or(absl::ZeroDuration())
                      : absl::ZeroDuration();
  return std::max(*max_age - spent, absl::ZeroDuration());
}

}  // namespace usher::jwks

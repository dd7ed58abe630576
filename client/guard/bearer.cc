#include "client/guard/bearer.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace usher::guard {
namespace {

using base::Reason;
using base::Refusal;

bool EqualIgnoringCase(std::string_view text, std::string_view lower) {
  return std::equal(text.begin(), text.end(), lower.begin(), lower.end(),
                    [](char a, char b) {
                      return (a >= 'A' && a <= 'Z' ? a + ('a' - 'A') : a) == b;
                    });
}

std::string_view Trim(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

Refusal Missing() {
  return {Reason::kTokenMissing,
          "send the token as metadata, authorization: Bearer TOKEN"};
}

Refusal OtherScheme(std::string_view scheme, bool has_more) {
  if (EqualIgnoringCase(scheme, "dpop")) {
    return {Reason::kAuthSchemeUnsupported,
            "tokens bound by DPoP are not taken here; use Bearer"};
  }
  return {Reason::kAuthSchemeUnsupported,
          has_more ? "use the scheme Bearer"
                   : "the value names no scheme; write Bearer before the "
                     "token"};
}

// Whether every character is printable ASCII but the space. Eight at a time,
// because it is done for each call: a byte below 0x21 borrows into its highest
// bit, 0x7f carries into it, and one of 0x80 or more has it. What a bad byte
// does to its neighbours does not matter.
bool IsVisible(std::string_view text) {
  constexpr uint64_t kOnes = 0x0101'0101'0101'0101;
  uint64_t bad = 0;
  size_t i = 0;
  for (; i + 8 <= text.size(); i += 8) {
    uint64_t word;
    std::memcpy(&word, text.data() + i, sizeof word);
    bad |= (word - 0x21 * kOnes) | (word + kOnes) | word;
  }
  for (; i < text.size(); ++i) {
    if (text[i] <= ' ' || text[i] > '~') return false;
  }
  return (bad & (0x80 * kOnes)) == 0;
}

// What a token cannot hold, because it would be two things at once.
base::Result<std::string_view> OneToken(std::string_view token) {
  if (token.empty()) return Missing();
  if (token.size() > kMaxTokenSize) {
    return Refusal{Reason::kTokenTooLarge, "the token is longer than 16 KiB"};
  }
  if (token.find(',') != std::string_view::npos) {
    // Proxies may join two values into one so (RFC 9110 section 5.3).
    return Refusal{Reason::kTokenMultiple,
                   "the authorization value holds more than one token"};
  }
  if (!IsVisible(token)) {
    return Refusal{Reason::kTokenMalformed,
                   "the token holds a byte that no token may hold"};
  }
  return token;
}

}  // namespace

base::Result<std::string_view> ReadBearer(
    std::span<const std::string_view> values) {
  if (values.empty()) return Missing();
  if (values.size() > 1) {
    return Refusal{Reason::kTokenMultiple,
                   "the call has more than one authorization value"};
  }
  const std::string_view value = Trim(values.front());
  if (value.empty()) return Missing();
  const size_t end = std::min(value.find_first_of(" \t"), value.size());
  const std::string_view scheme = value.substr(0, end);
  if (!EqualIgnoringCase(scheme, "bearer")) {
    return OtherScheme(scheme, end != value.size());
  }
  return OneToken(Trim(value.substr(end)));
}

}  // namespace usher::guard

#include "client/guard/bearer.h"

#include <algorithm>
#include <array>
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

using Bytes = signed char __attribute__((vector_size(16)));

Bytes Load(const char* text) {
  Bytes bytes;
  std::memcpy(&bytes, text, sizeof bytes);
  return bytes;
}

// All ones where a byte is no printable ASCII, or a space or a comma. Those of
// 0x80 or more are negative.
Bytes Unfit(Bytes bytes) {
  return (bytes <= ' ') | (bytes > '~') | (bytes == ',');
}

// Whether no byte is unfit. Sixteen at a time, because it is done for each
// call.
bool IsFit(std::string_view text) {
  Bytes unfit = {};
  size_t i = 0;
  for (; i + 16 <= text.size(); i += 16) unfit |= Unfit(Load(text.data() + i));
  std::array<char, 16> rest;
  rest.fill('x');
  std::memcpy(rest.data(), text.data() + i, text.size() - i);
  unfit |= Unfit(Load(rest.data()));
  std::array<uint64_t, 2> words;
  std::memcpy(words.data(), &unfit, sizeof words);
  return (words[0] | words[1]) == 0;
}

// What a token cannot hold, because it would be two things at once.
base::Result<std::string_view> OneToken(std::string_view token) {
  if (token.empty()) return Missing();
  if (token.size() > kMaxTokenSize) {
    return Refusal{Reason::kTokenTooLarge, "the token is longer than 16 KiB"};
  }
  if (IsFit(token)) return token;
  if (token.find(',') != std::string_view::npos) {
    // Proxies may join two values into one so (RFC 9110 section 5.3).
    return Refusal{Reason::kTokenMultiple,
                   "the authorization value holds more than one token"};
  }
  return Refusal{Reason::kTokenMalformed,
                 "the token holds a byte that no token may hold"};
}

// "Bearer", "a.b.c".
struct Credentials {
  std::string_view scheme, token;
};
Credentials Split(std::string_view value) {
  const size_t end = std::min(value.find_first_of(" \t"), value.size());
  return {value.substr(0, end), Trim(value.substr(end))};
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
  const Credentials credentials = Split(value);
  if (!EqualIgnoringCase(credentials.scheme, "bearer")) {
    return OtherScheme(credentials.scheme, !credentials.token.empty());
  }
  return OneToken(credentials.token);
}

std::string_view FindBearer(std::span<const std::string_view> values) {
  if (values.size() != 1) return {};
  const Credentials credentials = Split(Trim(values.front()));
  if (!EqualIgnoringCase(credentials.scheme, "bearer")) return {};
  return credentials.token;
}

}  // namespace usher::guard

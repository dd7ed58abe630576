#include "lib/token/bearer.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

namespace usher::token {
namespace {

using base::Refusal;

bool EqualIgnoringCase(std::string_view text, std::string_view lower) {
  return std::equal(text.begin(), text.end(), lower.begin(), lower.end(),
                    [](char a, char b) {
                      return (a >= 'A' && a <= 'Z' ? a + ('a' - 'A') : a) == b;
                    });
}

bool IsSpace(char c) { return c == ' ' || c == '\t'; }

std::string_view Trim(std::string_view text) {
  while (!text.empty() && IsSpace(text.front())) text.remove_prefix(1);
  while (!text.empty() && IsSpace(text.back())) text.remove_suffix(1);
  return text;
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

// All ones where a byte is printable ASCII and neither a space nor a comma.
// Those of 0x80 or more are negative.
Bytes Fit(Bytes bytes) {
  return (bytes > ' ') & (bytes < '\x7f') & (bytes != ',');
}

// Whether no byte is unfit. Sixteen at a time, because it is done for each
// call.
bool IsFit(std::string_view text) {
  std::array<char, 16> rest;
  rest.fill('x');
  const size_t whole = text.size() - text.size() % rest.size();
  std::memcpy(rest.data(), text.data() + whole, text.size() - whole);
  Bytes fit = Fit(Load(rest.data()));
  for (size_t i = 0; i < whole; i += rest.size()) {
    fit &= Fit(Load(text.data() + i));
  }
  std::array<uint64_t, 2> words;
  std::memcpy(words.data(), &fit, sizeof words);
  return (words[0] & words[1]) == ~uint64_t{0};
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
  const auto end = std::find_if(value.begin(), value.end(), IsSpace);
  const auto size = static_cast<size_t>(end - value.begin());
  return {value.substr(0, size), Trim(value.substr(size))};
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

}  // namespace usher::token

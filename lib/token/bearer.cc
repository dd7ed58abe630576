#include "lib/token/bearer.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

#include "lib/base/text/strings.h"

namespace usher::token {
namespace {

using base::EqualsIgnoreCase;
using base::Refusal;

bool IsSpace(char c) { return c == ' ' || c == '\t'; }

std::string_view Trim(std::string_view text) {
  while (!text.empty() && IsSpace(text.front())) text.remove_prefix(1);
  while (!text.empty() && IsSpace(text.back())) text.remove_suffix(1);
  return text;
}

Refusal Missing(std::string_view header) {
  return {Reason::kTokenMissing,
          base::StrCat("send the token as metadata, ", header, ": ",
                       header == kAuthorization ? "Bearer TOKEN" : "TOKEN")};
}

Refusal OtherScheme(std::string_view header, std::string_view scheme,
                    bool has_more) {
  if (header != kAuthorization) {
    return {Reason::kAuthSchemeUnsupported,
            base::StrCat("write the token alone in ", header,
                         ", or the scheme Bearer before it")};
  }
  if (EqualsIgnoreCase(scheme, "dpop")) {
    return {Reason::kAuthSchemeUnsupported,
            "tokens bound by DPoP are not supported here; use Bearer"};
  }
  return {Reason::kAuthSchemeUnsupported,
          has_more ? "use the scheme Bearer"
                   : "the value has no scheme; write Bearer before the "
                     "token"};
}

using Bytes = signed char __attribute__((vector_size(16)));

Bytes Load(const char* text) {
  Bytes bytes;
  std::memcpy(&bytes, text, sizeof bytes);
  return bytes;
}

// All ones where a byte is printable ASCII and neither a space nor a comma.
// Bytes of 0x80 and above are negative.
Bytes Allowed(Bytes bytes) {
  return (bytes > ' ') & (bytes < '\x7f') & (bytes != ',');
}

// Whether every byte is allowed in a token. Sixteen at a time, because it runs
// for each call.
bool IsTokenText(std::string_view text) {
  std::array<char, 16> rest;
  rest.fill('x');
  const size_t whole = text.size() - text.size() % rest.size();
  std::memcpy(rest.data(), text.data() + whole, text.size() - whole);
  Bytes allowed = Allowed(Load(rest.data()));
  for (size_t i = 0; i < whole; i += rest.size()) {
    allowed &= Allowed(Load(text.data() + i));
  }
  std::array<uint64_t, 2> words;
  std::memcpy(words.data(), &allowed, sizeof words);
  return (words[0] & words[1]) == ~uint64_t{0};
}

// The text, if it is one token.
base::Result<std::string_view> CheckToken(std::string_view token,
                                          std::string_view header) {
  if (token.empty()) return Missing(header);
  if (token.size() > kMaxTokenSize) {
    return Refusal{Reason::kTokenTooLarge, "the token is longer than 16 KiB"};
  }
  if (IsTokenText(token)) return token;
  if (token.find(',') != std::string_view::npos) {
    // Proxies may join two values with a comma (RFC 9110 section 5.3).
    return Refusal{
        Reason::kTokenMultiple,
        base::StrCat("the ", header, " value contains more than one token")};
  }
  return Refusal{Reason::kTokenMalformed,
                 "the token contains a byte that is not allowed in a token"};
}

// "Bearer", "a.b.c".
struct Credentials {
  std::string_view scheme, token;

  bool is_bearer() const { return EqualsIgnoreCase(scheme, "bearer"); }
};
// The scheme may be missing only where the name of the header says what the
// value is.
Credentials Split(std::string_view value, std::string_view header) {
  const auto end = std::find_if(value.begin(), value.end(), IsSpace);
  const auto size = static_cast<size_t>(end - value.begin());
  const Credentials found = {value.substr(0, size), Trim(value.substr(size))};
  if (header == kAuthorization || !found.token.empty() || found.is_bearer()) {
    return found;
  }
  return {"Bearer", found.scheme};
}

}  // namespace

base::Result<std::string_view> ReadBearer(
    std::span<const std::string_view> values, std::string_view header) {
  if (values.empty()) return Missing(header);
  if (values.size() > 1) {
    return Refusal{
        Reason::kTokenMultiple,
        base::StrCat("the call has more than one ", header, " value")};
  }
  const std::string_view value = Trim(values.front());
  if (value.empty()) return Missing(header);
  const Credentials credentials = Split(value, header);
  if (!credentials.is_bearer()) {
    return OtherScheme(header, credentials.scheme, !credentials.token.empty());
  }
  return CheckToken(credentials.token, header);
}

std::string_view FindBearer(std::span<const std::string_view> values,
                            std::string_view header) {
  if (values.size() != 1) return {};
  const Credentials credentials = Split(Trim(values.front()), header);
  if (!credentials.is_bearer()) return {};
  return credentials.token;
}

}  // namespace usher::token

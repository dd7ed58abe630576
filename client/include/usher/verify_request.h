// What may be asked about a token.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "usher/token_kind.h"
#include "usher/verified_token.h"

namespace usher {

// What lets a request be followed through several services: metadata of the
// request that a question is asked for. It goes along to usherd, whose audit
// log tells it, where it is well-formed (W3C Trace Context; 1 to 64 letters,
// digits and -._:), and is left out where it is not.
struct TraceHeaders {
  std::string_view traceparent = {};
  std::string_view request_id = {};  // x-request-id
};

// A question narrows what usherd's configuration allows; it never widens it.
// Whatever is a view is copied before Verify() returns.
struct VerifyQuestion {
  // The token itself, without "Bearer ".
  std::string_view token = {};

  // The token must be meant for one of these. May be empty only where usherd
  // is left with exactly one audience without it.
  std::vector<std::string> audiences = {};

  // Scopes that the token must hold: all of them, or any.
  std::vector<std::string> scopes = {};
  ScopeMatch scope_match = ScopeMatch::kAll;

  TokenKind kind = TokenKind::kAccessToken;

  // Takes tokens of this issuer only (compared with iss byte for byte).
  std::optional<std::string> issuer = {};

  // For a caller who has less time than ClientOptions::deadline.
  std::optional<absl::Time> deadline = {};

  TraceHeaders trace = {};
};

struct IntrospectQuestion {
  // As in VerifyQuestion.
  std::string_view token = {};
  std::vector<std::string> audiences = {};
  std::optional<absl::Time> deadline = {};
};

}  // namespace usher

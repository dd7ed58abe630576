// What whoever asks wants of a token: it narrows an issuer's rules, never
// widens them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lib/token/claim_checks.h"

namespace usher::verify {

struct Requirements {
  // The token must be meant for one of these. Cut by the issuer's audiences and
  // by `caller_audiences`. Empty: whatever those leave.
  std::vector<std::string> audiences;
  // What the calling service may ask about; absent: no such limit.
  std::optional<std::vector<std::string>> caller_audiences;
  std::vector<std::string> scopes;
  ScopeMatch scope_match = ScopeMatch::kAll;
  TokenKind kind = TokenKind::kAccessToken;
  // Takes tokens of this issuer only.
  std::optional<std::string> issuer;
};

}  // namespace usher::verify

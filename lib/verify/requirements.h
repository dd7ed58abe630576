// What a request wants of a token. It narrows the issuer's rules and never
// widens them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lib/token/claim_checks.h"

namespace usher::verify {

struct Requirements {
  // The token must be meant for one of these. Only those count that the issuer
  // and `caller_audiences` allow too. Empty: all that those allow.
  std::vector<std::string> audiences;
  // What the client service may ask about; absent: no such limit.
  std::optional<std::vector<std::string>> caller_audiences;
  std::vector<std::string> scopes;
  ScopeMatch scope_match = ScopeMatch::kAll;
  TokenKind kind = TokenKind::kAccessToken;
  // Who asks: its name in the budget (signature_budget.h). "": anonymous.
  std::string client_service;
  // Accept tokens of this issuer only.
  std::optional<std::string> issuer;
  // Ask the issuer about the token even if it is a JWT.
  bool check_at_issuer = false;
};

}  // namespace usher::verify

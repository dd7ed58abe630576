// What a token's claims must say, and the checks that they do. Pure.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/time/time.h"
#include "lib/base/result.h"
#include "lib/token/check_id.h"
#include "lib/token/claims.h"
#include "lib/token/policy.h"
#include "usher/token_kind.h"

namespace usher::token {

// The typ rule, checked before any key is looked for. `typ` is unverified, so
// the message does not quote it. kTokenTypeNotAllowed.
std::optional<base::Refusal> CheckType(std::optional<std::string_view> typ,
                                       TokenKind kind, const Policy& policy);

// What the claims of one token are checked against. Borrowed.
struct ClaimContext {
  const Policy& policy;
  absl::Time now;
  // Whether a token for this audience is accepted.
  absl::FunctionRef<bool(std::string_view)> accepts_audience;
  TokenKind kind = TokenKind::kAccessToken;
  // The claims are an introspection answer, in which exp, iat and aud may be
  // missing (RFC 7662 section 2.2). A missing aud needs the operator's word.
  bool introspected = false;
  bool allow_missing_audience = false;
  std::span<const std::string> scopes = {};
  ScopeMatch scope_match = ScopeMatch::kAll;
};

// One row of the table of claim checks.
struct ClaimCheck {
  CheckId id;
  // Absent: passed.
  std::optional<base::Refusal> (*check)(const Claims&, const ClaimContext&);
  std::string_view when_passed;  // for operators
  // A token whose unverified claims fail it is not worth fetching keys for.
  bool before_fetch;
  // What a passed check cannot exclude with this policy, for operators; "" if
  // there is nothing. Null: never anything.
  std::string_view (*not_excluded)(const ClaimContext&) = nullptr;
};

// When `row` passed: what that means, and what it does not exclude.
std::string WhenPassed(const ClaimCheck& row, const ClaimContext& context);

// Every check of claims, in the fixed order. To check a token is to walk it:
//   time      kClaimMissing (exp, iat), kTokenExpired, kTokenNotYetValid,
//             kIssuedInFuture, kTokenTooOld, kLifetimeTooLong, kClaimInvalid
//   audience  kClaimMissing, kAudienceMismatch
//   kind      kTokenTypeNotAllowed
//   rules     kClaimRejected
//   binding   kTokenBindingUnsupported
//   scope     kScopeInsufficient. Last: more scope does not help a token that
//             fails otherwise.
std::span<const ClaimCheck> ClaimChecks();

}  // namespace usher::token

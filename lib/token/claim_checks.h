// What claims must say, and the check that they do: pure.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/time/time.h"
#include "lib/base/result.h"
#include "lib/token/claims.h"
#include "usher/token_kind.h"

namespace usher::token {

// An issuer's rules. Tells nothing of audiences and scopes, which hang on who
// asks: see verify::Requirements.
struct Policy {
  // Taken off both ends of every date: 0 to 5 minutes.
  absl::Duration clock_skew = absl::Seconds(60);
  // The longest exp - iat; iat is then required. Never infinite by default.
  absl::Duration max_lifetime = absl::Hours(24);
  // The longest now - iat, where wanted.
  std::optional<absl::Duration> max_age;
  // Values of the `typ` header that are taken (case-insensitive, with or
  // without "application/"); "" means that it may be absent.
  std::vector<std::string> token_types = {"at+jwt", "JWT", ""};
  std::string audience_claim = "aud";
  // Takes a token with cnf as if it were a bearer token. Loud: this throws away
  // the protection the provider meant it to have.
  bool insecure_ignore_confirmation = false;

  bool operator==(const Policy&) const = default;
};

// The typ rule, judged before any key is looked for. `typ` is unverified, so
// the message does not quote it. kTokenTypeNotAllowed.
std::optional<base::Refusal> CheckType(std::optional<std::string_view> typ,
                                       TokenKind kind, const Policy& policy);

// The rest, in the fixed order: time (kClaimMissing exp/iat, kTokenExpired,
// kTokenNotYetValid, kIssuedInFuture, kTokenTooOld, kLifetimeTooLong), audience
// (kAudienceMismatch), kind (kTokenTypeNotAllowed), binding
// (kTokenBindingUnsupported). Each is a function of its own below, so that
// Explain can list them one by one.
std::optional<base::Refusal> CheckTime(const Claims&, const Policy&,
                                       absl::Time now);
// One of the token's audiences must be `accepted`.
std::optional<base::Refusal> CheckAudience(
    const Claims&, const Policy&,
    absl::FunctionRef<bool(std::string_view)> accepted);
std::optional<base::Refusal> CheckKind(const Claims&, TokenKind);
std::optional<base::Refusal> CheckBinding(const Claims&, const Policy&);
// kScopeInsufficient. Comes last of all: a token that fails otherwise must not
// be told to ask for more scope. No `scopes` ask for nothing.
std::optional<base::Refusal> CheckScopes(const Claims&,
                                         std::span<const std::string> scopes,
                                         ScopeMatch match);

}  // namespace usher::token

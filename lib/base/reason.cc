#include "usher/reason.h"

#include <algorithm>
#include <array>

namespace usher {
namespace {

using enum Reason;
constexpr auto kUnauthenticated = absl::StatusCode::kUnauthenticated;
constexpr auto kPermissionDenied = absl::StatusCode::kPermissionDenied;
constexpr auto kUnavailable = absl::StatusCode::kUnavailable;
constexpr auto kExhausted = absl::StatusCode::kResourceExhausted;
constexpr bool kDenied = false;
constexpr bool kUndecided = true;

// clang-format off
constexpr auto kRows = std::to_array<ReasonInfo>({
    {kTokenMissing, "TOKEN_MISSING", kDenied, kUnauthenticated, 401, "",
     "The call carries no token.",
     "Send it as metadata: authorization: Bearer TOKEN."},
    {kTokenMultiple, "TOKEN_MULTIPLE", kDenied, kUnauthenticated, 401, "invalid_request",
     "The call carries more than one token.",
     "Send exactly one authorization value."},
    {kAuthSchemeUnsupported, "AUTH_SCHEME_UNSUPPORTED", kDenied, kUnauthenticated, 401, "invalid_request",
     "The authorization value does not use the Bearer scheme.",
     "Use Bearer; other schemes are not taken here."},
    {kTokenMalformed, "TOKEN_MALFORMED", kDenied, kUnauthenticated, 401, "invalid_token",
     "The token is not a well-formed compact JWS with JSON inside.",
     "Send the access token exactly as the provider issued it, without quotes, line breaks or padding."},
    {kTokenTooLarge, "TOKEN_TOO_LARGE", kDenied, kUnauthenticated, 401, "invalid_token",
     "The token is longer than 16 KiB.",
     "Ask the provider for fewer claims (groups and roles are the usual cause)."},
    {kCriticalHeaderUnsupported, "CRITICAL_HEADER_UNSUPPORTED", kDenied, kUnauthenticated, 401, "invalid_token",
     "The token's header demands an extension (crit) that Usher does not implement.",
     "Have the provider issue plain tokens."},
    {kTokenTypeNotAllowed, "TOKEN_TYPE_NOT_ALLOWED", kDenied, kUnauthenticated, 401, "invalid_token",
     "The token is of another type than the one asked for: its typ header is not listed, or its claims mark it as an ID or logout token.",
     "Send an access token. If the provider uses its own typ, add it to the issuer's token_types."},
    {kAlgorithmNotAllowed, "ALGORITHM_NOT_ALLOWED", kDenied, kUnauthenticated, 401, "invalid_token",
     "The token's algorithm is not one the issuer may use. none and HS* never are.",
     "If the provider really signs with it, add it to the issuer's algorithms."},
    {kIssuerMissing, "ISSUER_MISSING", kDenied, kUnauthenticated, 401, "invalid_token",
     "The token names no issuer.",
     "Use a provider that sets iss."},
    {kIssuerUnknown, "ISSUER_UNKNOWN", kDenied, kUnauthenticated, 401, "invalid_token",
     "No configured issuer equals the token's iss, byte for byte.",
     "Compare the token's iss with the configuration: a trailing slash counts."},
    {kKeyNotFound, "KEY_NOT_FOUND", kDenied, kUnauthenticated, 401, "invalid_token",
     "The issuer's key set has no key of the token's kid.",
     "Check that the token comes from this issuer's live environment; a retired key ends this way too."},
    {kKeyMismatch, "KEY_MISMATCH", kDenied, kUnauthenticated, 401, "invalid_token",
     "The key of the token's kid may not be used with the token's algorithm.",
     "Check the key's kty, crv, alg, use and key_ops at the provider."},
    {kKeyAmbiguous, "KEY_AMBIGUOUS", kDenied, kUnauthenticated, 401, "invalid_token",
     "The token has no kid and more than four keys could have signed it.",
     "Have the provider set kid."},
    {kSignatureInvalid, "SIGNATURE_INVALID", kDenied, kUnauthenticated, 401, "invalid_token",
     "The signature does not hold.",
     "The token was altered or forged, or signed by another environment's key of the same kid."},
    {kTokenExpired, "TOKEN_EXPIRED", kDenied, kUnauthenticated, 401, "invalid_token",
     "The token's exp has passed, clock skew allowed for.",
     "Get a new token. If it was just issued, compare the clocks."},
    {kTokenNotYetValid, "TOKEN_NOT_YET_VALID", kDenied, kUnauthenticated, 401, "invalid_token",
     "The token's nbf has not come yet, clock skew allowed for.",
     "Compare the provider's clock with this machine's."},
    {kIssuedInFuture, "ISSUED_IN_FUTURE", kDenied, kUnauthenticated, 401, "invalid_token",
     "The token's iat lies in the future, clock skew allowed for.",
     "Compare the provider's clock with this machine's."},
    {kTokenTooOld, "TOKEN_TOO_OLD", kDenied, kUnauthenticated, 401, "invalid_token",
     "The token was issued longer ago than the issuer's max_age.",
     "Get a new token."},
    {kLifetimeTooLong, "LIFETIME_TOO_LONG", kDenied, kUnauthenticated, 401, "invalid_token",
     "exp - iat is more than the issuer's max_lifetime.",
     "Shorten the provider's token lifetime, or raise max_lifetime knowingly."},
    {kAudienceMismatch, "AUDIENCE_MISMATCH", kDenied, kUnauthenticated, 401, "invalid_token",
     "None of the token's audiences is one that may be used here.",
     "Ask the provider for a token for this service (audience or resource parameter)."},
    {kClaimMissing, "CLAIM_MISSING", kDenied, kUnauthenticated, 401, "invalid_token",
     "A claim that must be there is absent.",
     "Have the provider add the claim that is named."},
    {kClaimInvalid, "CLAIM_INVALID", kDenied, kUnauthenticated, 401, "invalid_token",
     "A claim has the wrong JSON type or an impossible value.",
     "Have the provider mend the claim that is named."},
    {kClaimRejected, "CLAIM_REJECTED", kDenied, kPermissionDenied, 403, "",
     "The token is good, but a claim is absent or not what the method's policy wants.",
     "See the method's rule on the claim that is named. Another token helps only if the provider puts the claim into it."},
    {kTokenBindingUnsupported, "TOKEN_BINDING_UNSUPPORTED", kDenied, kUnauthenticated, 401, "invalid_token",
     "The token is bound to a key or certificate (cnf), and that binding is not checked here; it is never taken as a bearer token.",
     "Use bearer tokens for this service."},
    {kTokenInactive, "TOKEN_INACTIVE", kDenied, kUnauthenticated, 401, "invalid_token",
     "The issuer says that the token is not active.",
     "Get a new token."},
    {kTokenRevoked, "TOKEN_REVOKED", kDenied, kUnauthenticated, 401, "invalid_token",
     "The token, its session or its subject has been revoked.",
     "Sign in again."},
    {kScopeInsufficient, "SCOPE_INSUFFICIENT", kDenied, kPermissionDenied, 403, "insufficient_scope",
     "The token is good but lacks a required scope.",
     "Ask the provider for a token with the scopes that are named."},
    {kMethodNotInPolicy, "METHOD_NOT_IN_POLICY", kDenied, kPermissionDenied, 403, "",
     "The method policy says nothing of this method, so nobody may call it.",
     "Add the method to the policy."},
    {kCallerNotAllowed, "CALLER_NOT_ALLOWED", kDenied, kPermissionDenied, 403, "",
     "The service that asks is not one of the configured callers, or not for this audience.",
     "Add it to callers, with its certificate name and audiences."},
    {kKeysUnavailable, "KEYS_UNAVAILABLE", kUndecided, kUnavailable, 503, "",
     "The issuer's keys cannot be had just now, so the token cannot be judged.",
     "Retry. If it lasts, see the issuer's last fetch error (usher issuers)."},
    {kIntrospectionUnavailable, "INTROSPECTION_UNAVAILABLE", kUndecided, kUnavailable, 503, "",
     "The issuer's introspection endpoint cannot be reached.",
     "Retry."},
    {kRevocationUnavailable, "REVOCATION_UNAVAILABLE", kUndecided, kUnavailable, 503, "",
     "The revocation store is too far behind to be relied on.",
     "Retry."},
    {kOverloaded, "OVERLOADED", kUndecided, kExhausted, 429, "",
     "More requests wait for the network than may.",
     "Retry with backoff; add replicas if it lasts."},
});
// clang-format on

static_assert(std::ranges::all_of(kRows, [](const ReasonInfo& row) {
  return static_cast<size_t>(row.reason) < kReasonsEnd;
}));

}  // namespace

std::span<const ReasonInfo> Reasons() { return kRows; }

const ReasonInfo& InfoOf(Reason reason) {
  for (const ReasonInfo& row : kRows) {
    if (row.reason == reason) return row;
  }
  // Unreachable: a test asks for the row of every enumerator. Should memory
  // be corrupted all the same, the answer is a refusal.
  return kRows[3];
}

std::optional<Reason> ReasonNamed(std::string_view name) {
  for (const ReasonInfo& row : kRows) {
    if (row.name == name) return row.reason;
  }
  return std::nullopt;
}

}  // namespace usher

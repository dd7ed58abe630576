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
     "The call has no token.",
     "Send it as metadata: authorization: Bearer TOKEN."},
    {kTokenMultiple, "TOKEN_MULTIPLE", kDenied, kUnauthenticated, 401, "invalid_request",
     "The call has more than one token.",
     "Send exactly one authorization value."},
    {kAuthSchemeUnsupported, "AUTH_SCHEME_UNSUPPORTED", kDenied, kUnauthenticated, 401, "invalid_request",
     "The authorization value does not use the Bearer scheme.",
     "Use the Bearer scheme; no other is accepted."},
    {kTokenMalformed, "TOKEN_MALFORMED", kDenied, kUnauthenticated, 401, "invalid_token",
     "The token is neither a well-formed compact JWS with JSON content nor an opaque token.",
     "Send the access token exactly as the provider issued it, without quotes, line breaks or padding. If it is encrypted (JWE, five parts), ask the provider for signed access tokens."},
    {kTokenTooLarge, "TOKEN_TOO_LARGE", kDenied, kUnauthenticated, 401, "invalid_token",
     "The token is longer than 16 KiB, or opaque and longer than 4 KiB.",
     "Ask the provider for fewer claims (groups and roles are the usual cause)."},
    {kCriticalHeaderUnsupported, "CRITICAL_HEADER_UNSUPPORTED", kDenied, kUnauthenticated, 401, "invalid_token",
     "The token's header requires an extension (crit) that Usher does not support.",
     "Configure the provider to issue tokens without crit."},
    {kTokenTypeNotAllowed, "TOKEN_TYPE_NOT_ALLOWED", kDenied, kUnauthenticated, 401, "invalid_token",
     "The token does not have the requested type: its typ header is not in token_types, its claims mark it as an ID token or a logout token, or it has none of the claims of access_token.",
     "Send an access token. If the provider uses a typ of its own, add it to the issuer's token_types."},
    {kAlgorithmNotAllowed, "ALGORITHM_NOT_ALLOWED", kDenied, kUnauthenticated, 401, "invalid_token",
     "The token's algorithm is not one of the issuer's algorithms. none and HS* are never accepted.",
     "If the provider signs with it, add it to the issuer's algorithms."},
    {kIssuerMissing, "ISSUER_MISSING", kDenied, kUnauthenticated, 401, "invalid_token",
     "The token has no iss claim.",
     "Use a provider that sets iss."},
    {kIssuerUnknown, "ISSUER_UNKNOWN", kDenied, kUnauthenticated, 401, "invalid_token",
     "No configured issuer equals the token's iss, byte for byte; or the token is opaque, and no issuer is configured to be asked about it.",
     "Compare the token's iss with the configuration: a trailing slash matters. For an opaque token, configure the issuer's introspection, or ask the provider for JWTs: often a request parameter for the audience decides."},
    {kKeyNotFound, "KEY_NOT_FOUND", kDenied, kUnauthenticated, 401, "invalid_token",
     "The issuer's key set has no key with the token's kid.",
     "Check that the token comes from the same environment as the key set. The provider may also have removed the key."},
    {kKeyMismatch, "KEY_MISMATCH", kDenied, kUnauthenticated, 401, "invalid_token",
     "The key with the token's kid must not be used with the token's algorithm, or cannot be used at all.",
     "`usher issuers` lists the keys that cannot be used and why. Check the key's kty, crv, alg, use and key_ops at the provider."},
    {kKeyAmbiguous, "KEY_AMBIGUOUS", kDenied, kUnauthenticated, 401, "invalid_token",
     "The token has no kid that selects one of the issuer's keys, and too many could have signed the token: more than four, or 32 in a set without kids.",
     "Configure the provider to set kid, or give the keys as a JWK Set with kids."},
    {kSignatureInvalid, "SIGNATURE_INVALID", kDenied, kUnauthenticated, 401, "invalid_token",
     "The signature is not valid.",
     "The token was changed or forged, or it was signed by another environment's key with the same kid. Get a new token."},
    {kTokenExpired, "TOKEN_EXPIRED", kDenied, kUnauthenticated, 401, "invalid_token",
     "The token's exp has passed, even with clock_skew.",
     "Get a new token. If it was just issued, compare the clocks of the provider and of this machine."},
    {kTokenNotYetValid, "TOKEN_NOT_YET_VALID", kDenied, kUnauthenticated, 401, "invalid_token",
     "The token's nbf is in the future, even with clock_skew.",
     "Compare the clocks of the provider and of this machine."},
    {kIssuedInFuture, "ISSUED_IN_FUTURE", kDenied, kUnauthenticated, 401, "invalid_token",
     "The token's iat is in the future, even with clock_skew.",
     "Compare the clocks of the provider and of this machine."},
    {kTokenTooOld, "TOKEN_TOO_OLD", kDenied, kUnauthenticated, 401, "invalid_token",
     "The token was issued longer ago than the issuer's max_age.",
     "Get a new token."},
    {kLifetimeTooLong, "LIFETIME_TOO_LONG", kDenied, kUnauthenticated, 401, "invalid_token",
     "exp - iat is more than the issuer's max_lifetime.",
     "Shorten the token lifetime at the provider, or raise max_lifetime."},
    {kAudienceMismatch, "AUDIENCE_MISMATCH", kDenied, kUnauthenticated, 401, "invalid_token",
     "None of the token's audiences is accepted here.",
     "Request a token for this service from the provider (audience or resource parameter)."},
    {kClaimMissing, "CLAIM_MISSING", kDenied, kUnauthenticated, 401, "invalid_token",
     "A required claim is absent.",
     "Configure the provider to add the claim named in the answer."},
    {kClaimInvalid, "CLAIM_INVALID", kDenied, kUnauthenticated, 401, "invalid_token",
     "A claim has the wrong JSON type or an impossible value.",
     "Correct the claim named in the answer at the provider."},
    {kClaimRejected, "CLAIM_REJECTED", kDenied, kPermissionDenied, 403, "",
     "The token is valid, but a claim does not fulfil a rule of the issuer or the method.",
     "Compare the claim named in the answer with the issuer's claims, clients and tenants, or with the method's rule. A new token helps only if the provider puts the right claim into it."},
    {kTokenBindingUnsupported, "TOKEN_BINDING_UNSUPPORTED", kDenied, kUnauthenticated, 401, "invalid_token",
     "The token is bound to a key or certificate (cnf). Usher does not check the binding, so it does not accept the token.",
     "Use bearer tokens for this service."},
    {kTokenInactive, "TOKEN_INACTIVE", kDenied, kUnauthenticated, 401, "invalid_token",
     "The issuer says that the token is not active: it has expired or was revoked, or the issuer never made it.",
     "Get a new token. If every token is inactive, check at the issuer that Usher's client may introspect them."},
    {kTokenRevoked, "TOKEN_REVOKED", kDenied, kUnauthenticated, 401, "invalid_token",
     "Reserved; not used yet. The token, its session or its subject was revoked.",
     "Sign in again."},
    {kScopeInsufficient, "SCOPE_INSUFFICIENT", kDenied, kPermissionDenied, 403, "insufficient_scope",
     "The token is valid, but a required scope is missing.",
     "Request a token with the scopes named in the answer."},
    {kMethodNotInPolicy, "METHOD_NOT_IN_POLICY", kDenied, kPermissionDenied, 403, "",
     "The method policy has no rule for this method, so every call is refused.",
     "Add a rule for the method to the policy."},
    {kCallerNotAllowed, "CALLER_NOT_ALLOWED", kDenied, kPermissionDenied, 403, "",
     "The client service is not one of the configured callers, or may not use this audience.",
     "Add the client service to callers, with its certificate name and audiences."},
    {kKeysUnavailable, "KEYS_UNAVAILABLE", kUndecided, kUnavailable, 503, "",
     "The keys that the token may need are not available now, so it cannot be verified.",
     "Retry. If it continues, see the issuer's last fetch error (usher issuers)."},
    {kIntrospectionUnavailable, "INTROSPECTION_UNAVAILABLE", kUndecided, kUnavailable, 503, "",
     "The issuer gave no usable answer about the token, so it cannot be verified.",
     "Retry. If it continues, introspection_failed in usherd's log says what to do."},
    {kRevocationUnavailable, "REVOCATION_UNAVAILABLE", kUndecided, kUnavailable, 503, "",
     "Reserved; not used yet. The revocation store is too far behind to be used.",
     "Retry."},
    {kOverloaded, "OVERLOADED", kUndecided, kExhausted, 429, "",
     "Too many requests are waiting for the network.",
     "Retry with backoff. If it continues, add replicas."},
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
  // Unreachable: a test looks up every enumerator. If memory is corrupted, the
  // token is still refused.
  return kRows[3];
}

std::optional<Reason> ReasonNamed(std::string_view name) {
  for (const ReasonInfo& row : kRows) {
    if (row.name == name) return row.reason;
  }
  return std::nullopt;
}

}  // namespace usher

// Why a token was not accepted: one table, one name everywhere (wire, log,
// metric label, documents).
//
// A Reason is either a denial or undecided: something that is needed for the
// answer cannot be reached. Undecided never lets a request through and is the
// only kind that may be retried.
//
// docs/reasons.md is generated from this table.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "absl/status/status.h"

namespace usher {

// The numbers are those of usher.v1.Reason on the wire: never reuse one.
// The order is the order of the checks; if several fail, the answer names the
// first.
enum class Reason : uint8_t {
  kTokenMissing = 1,
  kTokenMultiple = 2,
  kAuthSchemeUnsupported = 3,
  kTokenMalformed = 4,
  kTokenTooLarge = 5,
  kCriticalHeaderUnsupported = 6,
  kTokenTypeNotAllowed = 7,
  kAlgorithmNotAllowed = 8,
  kIssuerMissing = 9,
  kIssuerUnknown = 10,
  kKeyNotFound = 11,
  kKeyMismatch = 12,
  kKeyAmbiguous = 13,
  kSignatureInvalid = 14,
  kTokenExpired = 15,
  kTokenNotYetValid = 16,
  kIssuedInFuture = 17,
  kTokenTooOld = 18,
  kLifetimeTooLong = 19,
  kAudienceMismatch = 20,
  kClaimMissing = 21,
  kClaimInvalid = 22,
  kClaimRejected = 23,
  kTokenBindingUnsupported = 24,
  kTokenInactive = 25,
  kTokenRevoked = 26,
  kScopeInsufficient = 27,
  kMethodNotInPolicy = 28,
  kCallerNotAllowed = 29,
  kKeysUnavailable = 40,
  kIntrospectionUnavailable = 41,
  kRevocationUnavailable = 42,
  kOverloaded = 43,
};

// Every number is below this: the size of an array indexed by Reason.
inline constexpr size_t kReasonsEnd = 44;

// One row of the table.
struct ReasonInfo {
  Reason reason;
  std::string_view name;         // "TOKEN_EXPIRED"
  bool undecided;                // else: denied
  absl::StatusCode code;         // for the protected service's caller
  int http_status;               // the same, over HTTP
  std::string_view oauth_error;  // RFC 6750 section 3.1; "" if none fits
  std::string_view meaning;      // one sentence
  std::string_view advice;       // what the operator or client should do
};

// Every row, in order.
std::span<const ReasonInfo> Reasons();

// The row of `reason`. Every enumerator has one.
const ReasonInfo& InfoOf(Reason reason);

// "TOKEN_EXPIRED".
inline std::string_view NameOf(Reason reason) { return InfoOf(reason).name; }
inline bool IsUndecided(Reason reason) { return InfoOf(reason).undecided; }

// The reason of that exact name, or nothing.
std::optional<Reason> ReasonNamed(std::string_view name);

}  // namespace usher

// The guard's decision on a call: admitted, or the status to end it with.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "lib/base/result.h"
#include "usher/verify_request.h"
#include "usher/verify_result.h"

namespace usher::guard {

struct Decision {
  // kOk: the handler may run. Else kUnauthenticated, kPermissionDenied or
  // kUnavailable.
  absl::StatusCode code = absl::StatusCode::kOk;
  // "invalid_token: TOKEN_EXPIRED: expired 12s ago": RFC 6750's error code if
  // one fits, the Reason, and a text that every caller may see.
  std::string message = {};
  // Of a refusal, if it is known.
  std::optional<Reason> reason = {};
  // The scopes that the token lacks: it needs all of them, or one.
  std::vector<std::string> scopes = {};
  ScopeMatch scope_match = ScopeMatch::kAll;
  // When another attempt makes sense, if it does.
  std::optional<absl::Duration> retry_after = {};
  // A refusal that the gate leaves to the wrapper of the call's handler
  // (wrapped_methods.h). Only where token_verified.
  bool deferred = false;
  // False: the call was refused before its token was read, so another token
  // would not help.
  bool token_checked = true;
  // The token was verified, and the policy refuses its owner.
  bool token_verified = false;

  bool admits() const { return code == absl::StatusCode::kOk; }
  // "TOKEN_EXPIRED". If no reason is known: "NOT_JUDGED", "UNDECIDED" or
  // "UNKNOWN".
  std::string_view reason_name() const;
};

Decision Refuse(const base::Refusal& refusal);
Decision Refuse(const Denial& denial);
// Says nothing about what failed between this service and usherd: callers must
// not learn it. They see only whether another attempt makes sense.
Decision Refuse(const Undecided& undecided);
// SCOPE_INSUFFICIENT, with the scopes in the message.
Decision RefuseScopes(std::vector<std::string> scopes, ScopeMatch match);

}  // namespace usher::guard

// What a call is told: admitted, or the status it ends with.
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

struct Ruling {
  // kOk: the handler may run. Else kUnauthenticated, kPermissionDenied or
  // kUnavailable.
  absl::StatusCode code = absl::StatusCode::kOk;
  // "invalid_token: TOKEN_EXPIRED: expired 12s ago": RFC 6750's error word
  // where one fits, the Reason, and prose that may be shown to anybody.
  std::string message = {};
  // Of a refusal, where it is known.
  std::optional<Reason> reason = {};
  // What the token lacks: each of them, or one.
  std::vector<std::string> scopes = {};
  ScopeMatch scope_match = ScopeMatch::kAll;
  // When it is worth trying again, if ever.
  std::optional<absl::Duration> retry_after = {};
  // A refusal that the gate leaves to the wrapper of the call's handler
  // (wrapped_methods.h).
  bool pending = false;
  // False: refused before anybody looked at a token, so that none would help.
  bool token_judged = true;

  bool admits() const { return code == absl::StatusCode::kOk; }
  // "TOKEN_EXPIRED". Where no reason is known, "NOT_JUDGED", "UNDECIDED" or
  // "UNKNOWN".
  std::string_view reason_name() const;
};

Ruling Refuse(const base::Refusal& refusal);
Ruling Refuse(const Denial& denied);
// What went wrong between this service and usherd is no business of its
// callers: they hear that it may be tried again, and no more.
Ruling Refuse(const Undecided& undecided);
// SCOPE_INSUFFICIENT, naming the scopes.
Ruling RefuseScopes(std::vector<std::string> scopes, ScopeMatch match);

}  // namespace usher::guard

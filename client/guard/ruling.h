// What a call is told: admitted, or the status it ends with.
#pragma once

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "lib/base/result.h"
#include "usher/answer.h"

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

  bool admits() const { return code == absl::StatusCode::kOk; }
};

Ruling Refuse(const base::Refusal& refusal);
Ruling Refuse(const Denied& denied);
// What went wrong between this service and usherd is no business of its
// callers: they hear that it may be tried again, and no more.
Ruling Refuse(const Undecided& undecided);

}  // namespace usher::guard

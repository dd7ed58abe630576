#include "client/guard/decide/decision.h"

#include <string_view>
#include <utility>

#include "lib/base/text/strings.h"

namespace usher::guard {
namespace {

// If the verifier named no delay.
constexpr absl::Duration kRetryAfter = absl::Seconds(1);

std::string Message(std::string_view oauth_error, std::string_view reason,
                    std::string_view text) {
  const std::string_view colon = oauth_error.empty() ? "" : ": ";
  return base::StrCat(oauth_error, colon, reason, ": ", text);
}

Decision Refuse(Reason reason, std::string_view text) {
  const ReasonInfo& info = InfoOf(reason);
  // UNAVAILABLE also for OVERLOADED, whose own code is RESOURCE_EXHAUSTED: the
  // caller of a protected service has exhausted nothing.
  Decision decision = {
      info.undecided ? absl::StatusCode::kUnavailable : info.code,
      Message(info.oauth_error, info.name, text), reason};
  if (info.undecided) decision.retry_after = kRetryAfter;
  return decision;
}

}  // namespace

std::string_view Decision::reason_name() const {
  if (reason) return NameOf(*reason);
  if (!token_checked) return "NOT_JUDGED";
  return code == absl::StatusCode::kUnavailable ? "UNDECIDED" : "UNKNOWN";
}

Decision Refuse(const base::Refusal& refusal) {
  Decision decision = Refuse(refusal.reason, refusal.message);
  if (refusal.retry_after) decision.retry_after = refusal.retry_after;
  return decision;
}

Decision Refuse(const Denial& denial) {
  const absl::Status status = denial.ToStatus();
  Decision decision = {status.code(), std::string(status.message())};
  if (denial.reason && !IsUndecided(*denial.reason)) {
    decision.reason = denial.reason;
  }
  return decision;
}

Decision Refuse(const Undecided& undecided) {
  const absl::Status status = undecided.ToStatus();
  Decision decision = {status.code(), std::string(status.message())};
  if (undecided.reason && IsUndecided(*undecided.reason)) {
    decision.reason = undecided.reason;
  }
  if (undecided.may_retry()) {
    decision.retry_after = undecided.retry_after.value_or(kRetryAfter);
  }
  return decision;
}

Decision RefuseScopes(std::vector<std::string> scopes, ScopeMatch match) {
  std::string text = match == ScopeMatch::kAll ? "needs" : "needs one of";
  for (const std::string& scope : scopes) text += " " + scope;
  Decision decision = Refuse(Reason::kScopeInsufficient, text);
  decision.scopes = std::move(scopes);
  decision.scope_match = match;
  return decision;
}

}  // namespace usher::guard

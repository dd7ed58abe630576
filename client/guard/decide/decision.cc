#include "client/guard/decide/decision.h"

#include <string_view>
#include <utility>

#include "lib/base/strings.h"

namespace usher::guard {
namespace {

// Where nobody said when to try again.
constexpr absl::Duration kRetryAfter = absl::Seconds(1);

std::string Message(std::string_view oauth_error, std::string_view reason,
                    std::string_view prose) {
  const std::string_view colon = oauth_error.empty() ? "" : ": ";
  return base::StrCat(oauth_error, colon, reason, ": ", prose);
}

Ruling Refuse(Reason reason, std::string_view prose) {
  const ReasonInfo& row = InfoOf(reason);
  // Overload too: the caller of a protected service has exhausted nothing.
  Ruling ruling = {row.undecided ? absl::StatusCode::kUnavailable : row.code,
                   Message(row.oauth_error, row.name, prose), reason};
  if (row.undecided) ruling.retry_after = kRetryAfter;
  return ruling;
}

}  // namespace

std::string_view Ruling::reason_name() const {
  if (reason) return NameOf(*reason);
  if (!token_judged) return "NOT_JUDGED";
  return code == absl::StatusCode::kUnavailable ? "UNDECIDED" : "UNKNOWN";
}

Ruling Refuse(const base::Refusal& refusal) {
  Ruling ruling = Refuse(refusal.reason, refusal.message);
  if (refusal.retry_after) ruling.retry_after = refusal.retry_after;
  return ruling;
}

Ruling Refuse(const Denial& denied) {
  const absl::Status status = denied.ToStatus();
  Ruling ruling = {status.code(), std::string(status.message())};
  if (denied.reason && !IsUndecided(*denied.reason)) {
    ruling.reason = denied.reason;
  }
  return ruling;
}

Ruling Refuse(const Undecided& undecided) {
  const absl::Status status = undecided.ToStatus();
  Ruling ruling = {status.code(), std::string(status.message())};
  if (undecided.reason && IsUndecided(*undecided.reason)) {
    ruling.reason = undecided.reason;
  }
  if (undecided.may_retry()) {
    ruling.retry_after = undecided.retry_after.value_or(kRetryAfter);
  }
  return ruling;
}

Ruling RefuseScopes(std::vector<std::string> scopes, ScopeMatch match) {
  std::string prose = match == ScopeMatch::kAll ? "needs" : "needs one of";
  for (const std::string& scope : scopes) prose += " " + scope;
  Ruling ruling = Refuse(Reason::kScopeInsufficient, prose);
  ruling.scopes = std::move(scopes);
  ruling.scope_match = match;
  return ruling;
}

}  // namespace usher::guard

#include "client/guard/ruling.h"

#include <string_view>

#include "lib/base/strings.h"

namespace usher::guard {
namespace {

std::string Message(std::string_view oauth_error, std::string_view reason,
                    std::string_view prose) {
  const std::string_view colon = oauth_error.empty() ? "" : ": ";
  return base::StrCat(oauth_error, colon, reason, ": ", prose);
}

Ruling Refuse(Reason reason, std::string_view prose) {
  const base::ReasonRow& row = RowOf(reason);
  // Overload too: the caller of a protected service has exhausted nothing.
  return {row.undecided ? absl::StatusCode::kUnavailable : row.code,
          Message(row.oauth_error, row.name, prose), reason};
}

}  // namespace

Ruling Refuse(const base::Refusal& refusal) {
  return Refuse(refusal.reason, refusal.message);
}

Ruling Refuse(const Denied& denied) {
  if (denied.reason && !base::IsUndecided(*denied.reason)) {
    return Refuse(*denied.reason, denied.message);
  }
  return {absl::StatusCode::kUnauthenticated,
          Message("invalid_token", denied.reason_name(), denied.message)};
}

Ruling Refuse(const Undecided& undecided) {
  if (undecided.reason && base::IsUndecided(*undecided.reason)) {
    return Refuse(*undecided.reason, RowOf(*undecided.reason).meaning);
  }
  return {absl::StatusCode::kUnavailable,
          undecided.may_retry()
              ? "UNDECIDED: the token cannot be judged just now; try again"
              : "UNDECIDED: the token cannot be judged"};
}

}  // namespace usher::guard

#include "usher/verify_result.h"

#include <array>

#include "lib/base/text/strings.h"

namespace usher {
namespace {

using enum Undecided::Cause;

constexpr auto kCauseNames = std::to_array<std::string_view>(
    {"DEPENDENCY", "OVERLOADED", "UNREACHABLE", "DEADLINE", "BAD_REQUEST",
     "NOT_ALLOWED", "BAD_ANSWER", "STOPPED"});
static_assert(kCauseNames.size() == static_cast<size_t>(kStopped) + 1);

// "invalid_token: TOKEN_EXPIRED: expired 12s ago".
std::string Message(std::string_view oauth_error, std::string_view reason,
                    std::string_view text) {
  return base::StrCat(oauth_error, oauth_error.empty() ? "" : ": ", reason,
                      ": ", text);
}

}  // namespace

std::string_view NameOf(Undecided::Cause cause) {
  return kCauseNames[static_cast<size_t>(cause)];
}

absl::Status Denial::ToStatus() const {
  if (!reason || IsUndecided(*reason)) {
    return absl::UnauthenticatedError(
        Message("invalid_token", reason_name(), message));
  }
  const ReasonInfo& info = InfoOf(*reason);
  return absl::Status(info.code, Message(info.oauth_error, info.name, message));
}

absl::Status Undecided::ToStatus() const {
  // Overload too: the caller of a protected service has exhausted nothing.
  if (reason && IsUndecided(*reason)) {
    const ReasonInfo& info = InfoOf(*reason);
    return absl::UnavailableError(
        Message(info.oauth_error, info.name, info.meaning));
  }
  return absl::UnavailableError(
      may_retry() ? "UNDECIDED: the token cannot be verified now; try again"
                  : "UNDECIDED: the token cannot be verified");
}

absl::Status VerifyResult::ToStatus() const {
  if (const Denial* no = denial()) return no->ToStatus();
  if (const Undecided* unknown = undecided()) return unknown->ToStatus();
  return absl::OkStatus();
}

}  // namespace usher

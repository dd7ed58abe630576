#include "client/guard/decide/forward_rule.h"

#include <algorithm>

namespace usher::guard {

Decision CheckForward(const Caller& caller, std::string_view audience,
                      absl::Time now) {
  if (caller.expires_at() && now >= *caller.expires_at()) {
    return Refuse(base::Refusal{
        Reason::kTokenExpired,
        "the caller's token expired before it could be forwarded"});
  }
  const auto& audiences = caller.audiences();
  if (std::find(audiences.begin(), audiences.end(), audience) ==
      audiences.end()) {
    return Refuse(base::Refusal{
        Reason::kAudienceMismatch,
        "the caller's token is not meant for the service behind this one"});
  }
  return Decision();
}

}  // namespace usher::guard

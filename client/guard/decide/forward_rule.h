// Whether a caller's token may be sent to another service. Pure.
#pragma once

#include <string_view>

#include "absl/time/time.h"
#include "client/guard/decide/decision.h"
#include "usher/caller.h"

namespace usher::guard {

// Refuses a token that has expired (the clock skew of usherd may have admitted
// it here) and one that is not meant for `audience`.
Decision CheckForward(const Caller& caller, std::string_view audience,
                      absl::Time now);

}  // namespace usher::guard

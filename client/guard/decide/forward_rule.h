// Whether a caller's token may go on to another service. Pure.
#pragma once

#include <string_view>

#include "absl/time/time.h"
#include "client/guard/decide/decision.h"
#include "usher/caller.h"

namespace usher::guard {

// Refuses a token that has expired (usherd's clock skew may have admitted it
// here), and one that is not meant for `audience`.
Ruling MayForward(const Caller& caller, std::string_view audience,
                  absl::Time now);

}  // namespace usher::guard

// The WWW-Authenticate challenge of RFC 6750 section 3. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "client/guard/decide/decision.h"

namespace usher::guard {

// Tells the caller what is wrong with its token:
//
//   Bearer error="invalid_token", error_description="TOKEN_EXPIRED: ..."
//   Bearer error="insufficient_scope", ..., scope="orders.read orders.write"
//   Bearer realm="shop.v1.Orders"
//
// The last one if the call brought no token: RFC 6750 then wants no error, but
// at least one parameter. Empty if another token would not help: the answer is
// undecided, or the policy refuses every caller.
//
// `path` is the call's method: "/shop.v1.Orders/List".
std::optional<std::string> Challenge(const Decision& refusal,
                                     std::string_view path);

}  // namespace usher::guard

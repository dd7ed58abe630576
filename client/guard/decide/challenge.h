// The WWW-Authenticate challenge of RFC 6750 section 3. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "client/guard/decide/decision.h"

namespace usher::guard {

// What the caller should know to mend its token:
//
//   Bearer error="invalid_token", error_description="TOKEN_EXPIRED: ..."
//   Bearer error="insufficient_scope", ..., scope="orders.read orders.write"
//   Bearer realm="shop.v1.Orders"
//
// The last where the call brought no token: then RFC 6750 wants no error, but
// one parameter at least. Nothing where no other token would do: the answer is
// undecided, or the policy says no to everybody.
//
// `path` is the call's method: "/shop.v1.Orders/List".
std::optional<std::string> Challenge(const Ruling& refusal,
                                     std::string_view path);

}  // namespace usher::guard

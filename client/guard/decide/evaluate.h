// What a rule of the policy says of a call. Pure.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "client/guard/decide/decision.h"
#include "client/guard/decide/verdict_cache.h"
#include "usher/caller.h"
#include "usher/method_policy.h"

namespace usher::guard {

// Whether `rule` admits the call without a caller. `token_values` are those of
// the token's header. A header that is there is always checked, even if it is
// empty, so a client whose token is bad never becomes an anonymous one.
bool IsAnonymous(const MethodRule& rule,
                 std::span<const std::string_view> token_values);

// The refusal of a call to a method without a rule.
Decision NotInPolicy();

// The refusal of a caller whose token is good but does not satisfy `rule`.
// Scopes come last: more scopes do not help a caller whose claims are wrong.
std::optional<Decision> FindRefusal(const MethodRule& rule,
                                    const Caller& caller);

// `verdict` must be known.
Decision Evaluate(const MethodRule& rule, const VerdictCache::Verdict& verdict);

}  // namespace usher::guard

#include "client/guard/decide/evaluate.h"

#include <algorithm>
#include <string>

#include "lib/base/text/strings.h"

namespace usher::guard {
namespace {

bool HasScopes(const Caller& caller, const MethodRule& rule) {
  const auto held = [&](const std::string& s) { return caller.HasScope(s); };
  if (rule.scopes.empty()) return true;
  return rule.scope_match == ScopeMatch::kAll
             ? std::all_of(rule.scopes.begin(), rule.scopes.end(), held)
             : std::any_of(rule.scopes.begin(), rule.scopes.end(), held);
}

// The first claim rule that does not hold, or null.
const ClaimRule* FindBrokenRule(const MethodRule& rule, const Caller& caller) {
  for (const ClaimRule& claim : rule.claims) {
    if (!claim.Holds(caller.claims())) return &claim;
  }
  return nullptr;
}

// Names the claim as the policy does. The value in the token stays private.
Decision RejectClaim(const ClaimRule& rule) {
  return Refuse(base::Refusal{
      Reason::kClaimRejected,
      base::StrCat("claim ", rule.path().Text(),
                   " is absent or not what this method requires")});
}

}  // namespace

bool IsAnonymous(const MethodRule& rule,
                 std::span<const std::string_view> token_values) {
  return rule.is_public || (rule.optional && token_values.empty());
}

Decision NotInPolicy() {
  return Refuse(base::Refusal{Reason::kMethodNotInPolicy,
                              "the service's policy has no rule for this "
                              "method"});
}

std::optional<Decision> FindRefusal(const MethodRule& rule,
                                    const Caller& caller) {
  std::optional<Decision> refusal;
  if (const ClaimRule* broken = FindBrokenRule(rule, caller)) {
    refusal = RejectClaim(*broken);
  } else if (!HasScopes(caller, rule)) {
    refusal = RefuseScopes(rule.scopes, rule.scope_match);
  }
  if (refusal) refusal->token_verified = true;
  return refusal;
}

Decision Evaluate(const MethodRule& rule,
                  const VerdictCache::Verdict& verdict) {
  if (verdict.denied != nullptr) return Refuse(*verdict.denied);
  return FindRefusal(rule, *verdict.verified->caller()).value_or(Decision());
}

}  // namespace usher::guard

// The rules that calls of a server's methods must fulfil.
//
//   usher::MethodPolicy policy;
//   policy.Service("shop.v1.Orders", {.scopes = {"orders.read"}})
//       .Method("/shop.v1.Orders/Delete", {.scopes = {"orders.write"}})
//       .Method("/shop.v1.Orders/Refund",
//               {.claims = {usher::Claim("department").Is("sales")}})
//       .Method("/shop.v1.Orders/Version", usher::Public())
//       .Health(usher::Public());
//
// The most specific rule applies: method, then service, then default. A method
// without a rule is refused to everyone.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "usher/claim_rule.h"
#include "usher/token_kind.h"

namespace usher {

// What a call must carry: an accepted token, and everything named here.
struct MethodRule {
  // Scopes that the token must have: all of them, or any. Empty: none required.
  std::vector<std::string> scopes = {};
  ScopeMatch scope_match = ScopeMatch::kAll;
  // The token must be meant for one of these. Empty: those of the guard.
  std::vector<std::string> audiences = {};
  // Conditions on the token's claims, all required. See usher/claim_rule.h.
  std::vector<ClaimRule> claims = {};
  // See Public(). Excludes every other field.
  bool is_public = false;
  // A call without an `authorization` header is admitted, and its handler has
  // no caller: FindCaller() returns null. A call with the header is checked
  // like any other: scopes, audiences and claims apply, a denied token is
  // refused, and an undecided one is UNAVAILABLE. A call with the header never
  // becomes an anonymous one. Excludes `is_public`; not for Default().
  bool optional = false;
};

// Anyone may call. No token is required or read, so the handler has no caller
// even where the call carried a good token.
inline MethodRule Public() { return {.is_public = true}; }

// Immutable once a guard has it; then reading is thread-safe. Invalid rules are
// recorded as errors, and a guard refuses a policy that has any.
class MethodPolicy {
 public:
  // "/shop.v1.Orders/Delete"; the leading slash is optional.
  MethodPolicy& Method(std::string_view full_method, MethodRule rule);
  // "shop.v1.Orders": each of its methods that has no rule of its own.
  MethodPolicy& Service(std::string_view service, MethodRule rule);
  // Every other method, including those that a service gains later. Must not be
  // public or optional. Does not apply to the three services below.
  MethodPolicy& Default(MethodRule rule);

  // The services that gRPC itself can add to a server. Each needs a rule of its
  // own, because each reveals something: the health of the server, its methods,
  // its connections.
  MethodPolicy& Health(MethodRule rule);
  MethodPolicy& Reflection(MethodRule rule);
  MethodPolicy& Channelz(MethodRule rule);

  // The rule for a path as gRPC has it ("/shop.v1.Orders/Delete"). Null: there
  // is none, so the call is refused. Valid as long as this policy.
  const MethodRule* Find(std::string_view path) const;

  // Whether there are no rules at all.
  bool empty() const {
    return methods_.empty() && services_.empty() && !default_;
  }
  // By "shop.v1.Orders/Delete" and "shop.v1.Orders".
  using Rules = std::map<std::string, MethodRule, std::less<>>;
  const Rules& methods() const { return methods_; }
  const Rules& services() const { return services_; }
  const std::optional<MethodRule>& default_rule() const { return default_; }
  // Whether `service` is one of those that gRPC can add: see Health().
  static bool IsOfGrpc(std::string_view service);

  // "method shop.v1.Orders: must be SERVICE/METHOD". Empty: the policy is
  // valid.
  std::span<const std::string> errors() const { return errors_; }

  // A copy with `audiences` in every rule that has none and is not public.
  MethodPolicy WithAudiences(std::span<const std::string> audiences) const;

 private:
  void Add(Rules& rules, std::string_view kind, std::string_view name,
           MethodRule rule);
  void CheckRule(const std::string& subject, const MethodRule& rule);

  Rules methods_;   // by "shop.v1.Orders/Delete"
  Rules services_;  // by "shop.v1.Orders"
  std::optional<MethodRule> default_;
  std::vector<std::string> errors_;
};

}  // namespace usher

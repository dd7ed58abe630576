// Which methods of a server want what of their callers.
//
//   usher::MethodPolicy policy;
//   policy.Service("shop.v1.Orders", {.scopes = {"orders.read"}})
//       .Method("/shop.v1.Orders/Delete", {.scopes = {"orders.write"}})
//       .Method("/shop.v1.Orders/Refund",
//               {.claims = {usher::Claim("department").Is("sales")}})
//       .Method("/shop.v1.Orders/Version", usher::Public())
//       .Health(usher::Public());
//
// The most particular word counts: method, then service, then default. A
// method of which nothing is said may be called by nobody.
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

// An immutable value once a guard has it; reading it is thread-safe. Statements
// that make no sense are remembered as faults, and a guard refuses a policy
// that has any.
class MethodPolicy {
 public:
  // "/shop.v1.Orders/Delete"; the leading slash may be left out.
  MethodPolicy& Method(std::string_view full_method, MethodRule rule);
  // "shop.v1.Orders": each of its methods that has no word of its own.
  MethodPolicy& Service(std::string_view service, MethodRule rule);
  // Every other method, those that a service gains tomorrow included. May not
  // be public. Does not speak of the three services below.
  MethodPolicy& Default(MethodRule rule);

  // What gRPC itself may add to a server. Each needs its own word, because
  // each tells strangers something: who is alive, what may be called, who is
  // connected.
  MethodPolicy& Health(MethodRule rule);
  MethodPolicy& Reflection(MethodRule rule);
  MethodPolicy& Channelz(MethodRule rule);

  // The word on a path as gRPC has it ("/shop.v1.Orders/Delete"). Null: none,
  // so nobody may call it. Valid as long as this policy.
  const MethodRule* Find(std::string_view path) const;

  // Whether nothing has been said at all.
  bool empty() const {
    return methods_.empty() && services_.empty() && !default_;
  }
  // What was said, by "shop.v1.Orders/Delete" and "shop.v1.Orders".
  using Rules = std::map<std::string, MethodRule, std::less<>>;
  const Rules& methods() const { return methods_; }
  const Rules& services() const { return services_; }
  const std::optional<MethodRule>& default_rule() const { return default_; }
  // Whether `service` is one that gRPC itself may add: see Health().
  static bool IsOfGrpc(std::string_view service);

  // "method shop.v1.Orders: must be SERVICE/METHOD"; empty where all is well.
  std::span<const std::string> faults() const { return faults_; }

  // The same, with `audiences` wherever a rule names none.
  MethodPolicy WithAudiences(std::span<const std::string> audiences) const;

 private:
  void State(Rules& rules, std::string_view kind, std::string_view name,
             MethodRule rule);
  void CheckRule(const std::string& what, const MethodRule& rule);

  Rules methods_;   // by "shop.v1.Orders/Delete"
  Rules services_;  // by "shop.v1.Orders"
  std::optional<MethodRule> default_;
  std::vector<std::string> faults_;
};

}  // namespace usher

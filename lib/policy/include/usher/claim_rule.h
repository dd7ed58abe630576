// What a method's policy wants of a token's claims.
//
//   .claims = {usher::Claim("tenant").Is("acme"),
//              usher::Claim({"realm_access", "roles"}).Contains("admin"),
//              usher::Claim("email_verified").Is(true)}
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "usher/claims.h"

namespace usher {

// Text, true or false, or a whole number. Types are not mixed: "5" is not 5.
class ClaimValue {
 public:
  ClaimValue(const char* text) : value_(std::string(text)) {}
  ClaimValue(std::string_view text) : value_(std::string(text)) {}
  ClaimValue(std::string text) : value_(std::move(text)) {}
  ClaimValue(std::same_as<bool> auto truth) : value_(truth) {}
  template <std::signed_integral Integer>
  requires(!std::same_as<Integer, bool> && !std::same_as<Integer, char>)
      ClaimValue(Integer number)
      : value_(int64_t{number}) {}

  const std::variant<std::string, bool, int64_t>& value() const {
    return value_;
  }
  // As a policy would write it: "acme" (with the quotes), true, 5.
  std::string Text() const;

  bool operator==(const ClaimValue&) const = default;

 private:
  std::variant<std::string, bool, int64_t> value_;
};

// One demand on one claim. An immutable value.
class ClaimRule {
 public:
  enum class Demand { kIs, kIsOneOf, kContains, kIsPresent };

  // Whether the claims are as demanded. Allocates nothing once claims have been
  // read.
  bool Holds(const Claims& claims) const;

  const ClaimPath& path() const { return path_; }
  Demand demand() const { return demand_; }
  // Of kIs and kContains one, of kIsPresent none.
  const std::vector<ClaimValue>& values() const { return values_; }
  // "tenant is "acme"".
  std::string Text() const;

  bool operator==(const ClaimRule&) const = default;

 private:
  friend class Claim;
  ClaimRule(ClaimPath path, Demand demand, std::vector<ClaimValue> values)
      : path_(std::move(path)), demand_(demand), values_(std::move(values)) {}

  ClaimPath path_;
  Demand demand_;
  std::vector<ClaimValue> values_;
};

// The beginning of a rule. A claim that is absent, null or of another type
// fulfils none.
class Claim {
 public:
  explicit Claim(const char* name) : path_(name) {}
  explicit Claim(std::string_view name) : path_(name) {}
  explicit Claim(const std::string& name) : path_(name) {}
  explicit Claim(std::initializer_list<std::string_view> names)
      : path_(names) {}
  explicit Claim(ClaimPath path) : path_(std::move(path)) {}

  ClaimRule Is(ClaimValue value) const {
    return {path_, ClaimRule::Demand::kIs, {std::move(value)}};
  }
  ClaimRule IsOneOf(std::vector<ClaimValue> values) const {
    return {path_, ClaimRule::Demand::kIsOneOf, std::move(values)};
  }
  // An array with `value` among its elements, or `value` itself, which
  // providers send for an array of one. No part of a text is ever enough.
  ClaimRule Contains(ClaimValue value) const {
    return {path_, ClaimRule::Demand::kContains, {std::move(value)}};
  }
  ClaimRule IsPresent() const {
    return {path_, ClaimRule::Demand::kIsPresent, {}};
  }

 private:
  ClaimPath path_;
};

// What makes no sense in a rule by itself, or in `rules` together: "claim
// tenant: is spoken of twice". Empty where all is well.
std::vector<std::string> FaultsIn(const std::vector<ClaimRule>& rules);

}  // namespace usher

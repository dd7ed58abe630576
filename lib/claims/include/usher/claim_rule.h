// Conditions on the claims of a token, for a method's rule.
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

// Text, true or false, or a whole number. Types never mix: "5" is not 5.
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
  // As written in a policy: "acme" (with the quotes), true, 5.
  std::string Text() const;

  bool operator==(const ClaimValue&) const = default;

 private:
  std::variant<std::string, bool, int64_t> value_;
};

// One condition on one claim. An immutable value.
class ClaimRule {
 public:
  enum class Condition { kIs, kIsOneOf, kContains, kIsPresent };

  // Whether the claims fulfil the condition. Does not allocate once the claims
  // have been parsed.
  bool Holds(const Claims& claims) const;

  const ClaimPath& path() const { return path_; }
  Condition condition() const { return condition_; }
  // kIs and kContains have one value, kIsPresent has none.
  const std::vector<ClaimValue>& values() const { return values_; }
  // "tenant is "acme"".
  std::string Text() const;

  bool operator==(const ClaimRule&) const = default;

 private:
  friend class Claim;
  ClaimRule(ClaimPath path, Condition condition, std::vector<ClaimValue> values)
      : path_(std::move(path)),
        condition_(condition),
        values_(std::move(values)) {}

  ClaimPath path_;
  Condition condition_;
  std::vector<ClaimValue> values_;
};

// A claim, from which a rule is made. A claim that is absent, null or of
// another type fulfils no rule.
class Claim {
 public:
  explicit Claim(const char* name) : path_(name) {}
  explicit Claim(std::string_view name) : path_(name) {}
  explicit Claim(const std::string& name) : path_(name) {}
  explicit Claim(std::initializer_list<std::string_view> names)
      : path_(names) {}
  explicit Claim(ClaimPath path) : path_(std::move(path)) {}

  ClaimRule Is(ClaimValue value) const {
    return {path_, ClaimRule::Condition::kIs, {std::move(value)}};
  }
  ClaimRule IsOneOf(std::vector<ClaimValue> values) const {
    return {path_, ClaimRule::Condition::kIsOneOf, std::move(values)};
  }
  // The claim is an array that contains `value`, or is `value` itself: some
  // providers send that for an array of one. Parts of a text do not count.
  ClaimRule Contains(ClaimValue value) const {
    return {path_, ClaimRule::Condition::kContains, {std::move(value)}};
  }
  ClaimRule IsPresent() const {
    return {path_, ClaimRule::Condition::kIsPresent, {}};
  }

 private:
  ClaimPath path_;
};

// The errors of each rule and of `rules` together: "claim tenant: listed
// twice". Empty if they are valid.
std::vector<std::string> Validate(const std::vector<ClaimRule>& rules);

}  // namespace usher

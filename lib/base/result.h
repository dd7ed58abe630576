// A value, or the Refusal instead of it. The steps of a verification return
// these; set-up code (files, configuration, sockets) returns absl::Status.
#pragma once

#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>

#include "absl/time/time.h"
#include "usher/reason.h"

namespace usher::base {

// Denied or undecided: its Reason says which.
struct [[nodiscard]] Refusal {
  Reason reason;
  // Safe to show to the caller. Never quotes the content of an unverified
  // token.
  std::string message;
  // The claim that is wrong, if there is one: "exp".
  std::string claim = {};
  // When to try again; only for undecided reasons.
  std::optional<absl::Duration> retry_after = {};

  bool operator==(const Refusal&) const = default;
};

template <typename T>
class [[nodiscard]] Result {
 public:
  using value_type = T;

  Result(Refusal refusal) : held_(std::move(refusal)) {}
  template <typename U = T>
  requires(std::is_constructible_v<T, U&&> &&
           !std::is_same_v<std::remove_cvref_t<U>, Result> &&
           !std::is_same_v<std::remove_cvref_t<U>, Refusal>) Result(U&& value)
      : held_(std::in_place_index<0>, std::forward<U>(value)) {}

  bool ok() const { return held_.index() == 0; }
  explicit operator bool() const { return ok(); }

  // Only where ok().
  T& operator*() & { return *std::get_if<0>(&held_); }
  const T& operator*() const& { return *std::get_if<0>(&held_); }
  T&& operator*() && { return std::move(*std::get_if<0>(&held_)); }
  T* operator->() { return std::get_if<0>(&held_); }
  const T* operator->() const { return std::get_if<0>(&held_); }

  // Only where !ok().
  const Refusal& refusal() const& { return *std::get_if<1>(&held_); }
  Refusal&& refusal() && { return std::move(*std::get_if<1>(&held_)); }

 private:
  std::variant<T, Refusal> held_;
};

}  // namespace usher::base

#define USHER_CONCAT_(a, b) a##b
#define USHER_CONCAT(a, b) USHER_CONCAT_(a, b)

// USHER_TRY(auto claims, ParseClaims(json)): the value, or leaves the function
// with the refusal (a Result) or the status (an absl::StatusOr).
#define USHER_TRY(declaration, expression) \
  USHER_TRY_(USHER_CONCAT(usher_try_, __LINE__), declaration, expression)
#define USHER_TRY_(held, declaration, expression)                             \
  auto held = (expression);                                                   \
  if (!held.ok()) return ::usher::base::internal::FailureOf(std::move(held)); \
  declaration = *std::move(held)

namespace usher::base::internal {
template <typename T>
Refusal FailureOf(Result<T>&& result) {
  return std::move(result).refusal();
}
template <typename StatusOr>
auto FailureOf(StatusOr&& result) {
  return std::move(result).status();
}
}  // namespace usher::base::internal

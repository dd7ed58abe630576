// Text helpers between the standard library and Abseil.
//
// Usher's interfaces use std::string_view. Debian builds Abseil with its own
// absl::string_view, an unrelated type without a conversion in either direction
// (docs/adr/0002-string-view.md). So Abseil's functions are called through
// Absl(), and StrCat() and Join() below take the place of Abseil's.
#pragma once

#include <concepts>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/hash/hash.h"
#include "absl/strings/match.h"
#include "absl/strings/string_view.h"

namespace usher::base {

// The same characters as the type that Abseil takes or returns.
inline absl::string_view Absl(std::string_view text) {
  return absl::string_view(text.data(), text.size());
}
inline std::string_view Std(absl::string_view text) {
  return std::string_view(text.data(), text.size());
}

namespace internal {
inline void Append(std::string& out, std::string_view text) { out += text; }
inline void Append(std::string& out, char c) { out += c; }
template <std::integral Integer>
requires(!std::same_as<Integer, char> &&
         !std::same_as<Integer, bool>) void Append(std::string& out,
                                                   Integer number) {
  out += std::to_string(number);
}
}  // namespace internal

// Joins text and integers: StrCat("expired ", 12, "s ago").
template <typename... Parts>
std::string StrCat(const Parts&... parts) {
  std::string out;
  (internal::Append(out, parts), ...);
  return out;
}

// Joins the elements of a range, each as StrCat() writes it: "a, b".
template <typename Range>
std::string Join(const Range& range, std::string_view separator) {
  std::string out;
  bool first = true;
  for (const auto& element : range) {
    if (!std::exchange(first, false)) out += separator;
    internal::Append(out, element);
  }
  return out;
}

// Compares ASCII letters without regard to case.
inline bool EqualsIgnoreCase(std::string_view a, std::string_view b) {
  return absl::EqualsIgnoreCase(Absl(a), Absl(b));
}

// Lets absl::flat_hash_map<std::string, V, StringHash, std::equal_to<>> be
// searched with a std::string_view, without a copy to a string.
struct StringHash {
  using is_transparent = void;
  size_t operator()(std::string_view text) const {
    return absl::Hash<absl::string_view>()(Absl(text));
  }
};

}  // namespace usher::base

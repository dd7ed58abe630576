// Text helpers between the standard library and Abseil.
//
// Usher's interfaces speak std::string_view. Debian builds Abseil with its own
// absl::string_view, an unrelated type without conversion either way (see
// docs/adr/0002-string-view.md), so Abseil's functions are reached through
// Absl() and text is joined by the StrCat() below.
#pragma once

#include <concepts>
#include <functional>
#include <string>
#include <string_view>

#include "absl/hash/hash.h"
#include "absl/strings/string_view.h"

namespace usher::base {

// The same characters, as Abseil wants them.
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

// Lets absl::flat_hash_map<std::string, V, StringHash, std::equal_to<>> be
// asked with a std::string_view, without making a string of it.
struct StringHash {
  using is_transparent = void;
  size_t operator()(std::string_view text) const {
    return absl::Hash<absl::string_view>()(Absl(text));
  }
};

}  // namespace usher::base

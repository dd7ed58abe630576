// The names that configurations give to issuers and client services. Logs and
// metric labels show them.
#pragma once

#include <algorithm>
#include <string_view>

namespace usher::base {

inline constexpr std::string_view kNameRule =
    "must be 1 to 63 characters of a-z, 0-9, _ and -";

// Whether `name` follows kNameRule.
inline bool IsName(std::string_view name) {
  return !name.empty() && name.size() <= 63 &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                  c == '_' || c == '-';
         });
}

}  // namespace usher::base

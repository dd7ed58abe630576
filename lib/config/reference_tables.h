// Parts of the generated pages.
#pragma once

#include <string>
#include <string_view>

#include "lib/base/strings.h"
#include "lib/config/key.h"

namespace usher::config {

inline constexpr std::string_view kTableHead =
    "| Key | Value | Default | Meaning |\n|---|---|---|---|\n";

inline std::string Fenced(std::string_view yaml) {
  return base::StrCat("```yaml\n", yaml, "```\n");
}

inline std::string DefaultOf(const Entry& entry) {
  if (entry.required) return "required";
  return entry.fallback.empty() ? "none"
                                : base::StrCat("`", entry.fallback, "`");
}

// `path` is what the row calls the key.
inline std::string TableRow(std::string_view path, const Entry& entry) {
  return base::StrCat("| `", path, "` | ", entry.type, " | ", DefaultOf(entry),
                      " | ", entry.meaning, " |\n");
}

}  // namespace usher::config

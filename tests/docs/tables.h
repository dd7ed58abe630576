// Parts of the generated pages.
#pragma once

#include <string>
#include <string_view>

#include "lib/base/text/strings.h"
#include "lib/yaml/field.h"

namespace usher::docs {

inline constexpr std::string_view kTableHead =
    "| Key | Value | Default | Meaning |\n|---|---|---|---|\n";

inline std::string Fenced(std::string_view yaml) {
  return base::StrCat("```yaml\n", yaml, "```\n");
}

inline std::string DefaultOf(const yaml::FieldDoc& doc) {
  if (doc.required) return "required";
  return doc.default_value.empty() ? "none"
                                   : base::StrCat("`", doc.default_value, "`");
}

// `path` is the name of the key in this table.
inline std::string TableRow(std::string_view path, const yaml::FieldDoc& doc) {
  return base::StrCat("| `", path, "` | ", doc.type, " | ", DefaultOf(doc),
                      " | ", doc.description, " |\n");
}

}  // namespace usher::docs

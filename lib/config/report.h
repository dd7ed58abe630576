// The result of reading a configuration, as text for people: what
// `usher check-config` and `usherd --check` print.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "lib/config/config.h"

namespace usher::config {

enum class Severity { kError, kWarning, kOk, kNote };

// Formats one word of the report, for example in colour.
using PaintWord =
    std::function<std::string(Severity severity, std::string_view word)>;

// One line for each error, warning and note, then a summary that begins with
// `file`. Ends with a newline. Without `paint` it is plain text.
std::string FormatReport(const Loaded& loaded, std::string_view file,
                         const PaintWord& paint = nullptr);

}  // namespace usher::config

// The characters that a YAML file may contain.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace usher::yaml {

// Describes the first invalid byte, with its line. Text must be UTF-8 (RFC
// 3629); of the control characters only tab and line ends are allowed. yaml-cpp
// silently replaces invalid UTF-8 and stops reading at some control characters.
std::optional<std::string> FindInvalidCharacter(std::string_view text);

// `text` in double quotes for a message: at most 60 bytes, on one line.
std::string Quoted(std::string_view text);

}  // namespace usher::yaml

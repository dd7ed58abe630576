// Which bytes a configuration may be made of.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace usher::config {

// What is wrong with the first unacceptable byte, with its line: text must be
// UTF-8 (RFC 3629) without control characters but tab and line ends. The YAML
// parser would replace the one silently and stop reading at some of the others.
std::optional<std::string> CharacterFault(std::string_view text);

// `text` fit for a message: at most 60 bytes, in one line.
std::string Quoted(std::string_view text);

}  // namespace usher::config

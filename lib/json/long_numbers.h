// Numbers that the JSON library cannot hold: integers beyond 64 bits and
// numbers beyond the range of a double. RFC 8259 section 6 allows them.
#pragma once

#include <string>
#include <string_view>

namespace usher::json {

// Writes `text` to `out` with every such number as a double: the nearest one,
// or the largest of its sign. Returns whether there was one. All else is
// copied, so whether `text` is JSON is still for the parser to say.
bool RewriteLongNumbers(std::string_view text, std::string& out);

}  // namespace usher::json

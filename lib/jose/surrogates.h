// Escapes that JSON's grammar allows and UTF-8 cannot hold.
#pragma once

#include <string_view>

namespace usher::jose {

// Whether valid JSON `text` escapes half a \uD800-\uDFFF pair without the
// other. The JSON library takes a lone second half, and makes bytes of it that
// are not UTF-8 (RFC 8259 section 8.2 leaves it open).
bool HasLoneSurrogate(std::string_view text);

}  // namespace usher::jose

// Strict base64url without padding (RFC 4648 section 5, RFC 7515 section 2).
#pragma once

#include <string>
#include <string_view>

namespace usher::json {

// Decodes into `out`, which is replaced; a reused buffer needs no allocation.
// Exactly one text decodes to given bytes: padding, white space, the +/
// alphabet, impossible lengths and non-zero trailing bits are refused with
// false, and then `out` is unspecified.
[[nodiscard]] bool DecodeBase64Url(std::string_view text, std::string& out);

std::string EncodeBase64Url(std::string_view bytes);

}  // namespace usher::json

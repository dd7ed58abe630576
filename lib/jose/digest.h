// SHA-256 and random bytes.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace usher::jose {

using Sha256Digest = std::array<uint8_t, 32>;

// Allocates nothing after the first call of a thread.
Sha256Digest Sha256(std::string_view bytes);

// From the generator of the system. Ends the process if there is none: nothing
// is secure without it.
std::string RandomBytes(size_t count);

}  // namespace usher::jose

// SHA-256 and random bytes.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace usher::jose {

using Sha256Digest = std::array<uint8_t, 32>;

// Allocates nothing after a thread's first call.
Sha256Digest Sha256(std::string_view bytes);

// From the system's generator. Ends the process if there is none: nothing
// secure can go on without.
std::string RandomBytes(size_t count);

}  // namespace usher::jose

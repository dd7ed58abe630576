// Knows the RSA keys that one flawed generator made (CVE-2017-15361, "ROCA"):
// they can be factored from the public key alone, so their signatures prove
// nothing.
#pragma once

#include <string_view>

namespace usher::jose {

// Whether the big-endian `modulus` has the generator's fingerprint. A sound
// key has it by chance once in two hundred million.
bool HasRocaFingerprint(std::string_view modulus);

}  // namespace usher::jose

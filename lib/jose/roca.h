// Recognises RSA keys of one flawed generator (CVE-2017-15361, "ROCA"): they
// can be factored from the public key, so their signatures prove nothing.
#pragma once

#include <string_view>

namespace usher::jose {

// Whether the big-endian `modulus` has the fingerprint of the generator. A
// sound key has it by chance once in two hundred million.
bool HasRocaFingerprint(std::string_view modulus);

}  // namespace usher::jose

// The only place where a signature is verified.
#pragma once

#include <string_view>

#include "lib/jose/alg.h"
#include "lib/jose/key.h"

namespace usher::jose {

// Whether `signature` (JWS form: r||s for ECDSA) over `input` is valid for
// `key` with `alg`. False if `alg` is not one of key.algs(). Thread-safe,
// scales with cores: each thread keeps its own OpenSSL contexts for the keys it
// used last (at most 256 a thread).
bool VerifySignature(const Key& key, Alg alg, std::string_view input,
                     std::string_view signature);

}  // namespace usher::jose

// How an issuer's keys stand, in the words that operators are told.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "lib/jose/alg.h"
#include "lib/jose/key.h"
#include "lib/jwks/cache.h"

namespace usher::server {

// "RSA", "EC", "OKP".
const char* NameOf(jose::KeyType type);

// In the order of the table of algorithms.
std::vector<std::string> AlgNames(jose::AlgSet algs);

// RFC 7638, base64url.
std::string ThumbprintOf(const jose::Key& key);

// When each of `served`'s keys was first seen, in their order. A refresh
// between the two readings can leave them of different length; then the fetch
// itself tells.
std::vector<absl::Time> FirstSeen(const jwks::KeySnapshot& served,
                                  const jwks::CacheStatus& status,
                                  absl::Time now);

}  // namespace usher::server

// The state of an issuer's keys as text, for every place that shows it.
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

// When each key of `served` was first seen, in their order. A refresh between
// the two readings can make their lengths differ; the keys without an entry
// count as first seen by the fetch that brought them.
std::vector<absl::Time> FirstSeen(const jwks::KeySnapshot& served,
                                  const jwks::CacheStatus& status,
                                  absl::Time now);

}  // namespace usher::server

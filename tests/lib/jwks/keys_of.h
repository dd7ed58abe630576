// Key sets of test keys that are named by their kid.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "lib/base/mutex.h"
#include "lib/jose/sign.h"

namespace usher::testing {

// The ES256 key of that name, generated at the first call. Thread-safe.
inline jose::SigningKey KeyNamed(const std::string& kid) {
  static base::Mutex mutex;
  static std::map<std::string, jose::SigningKey> made;
  const base::MutexLock lock(mutex);
  auto found = made.find(kid);
  if (found == made.end()) {
    found =
        made.emplace(kid, *jose::SigningKey::Generate(jose::Alg::kEs256)).first;
  }
  return found->second;
}

// A JWK Set of these keys.
inline std::string JwksOf(const std::vector<std::string>& kids) {
  std::string jwks;
  for (const std::string& kid : kids) {
    jwks += (jwks.empty() ? "{\"keys\":[" : ",") + KeyNamed(kid).PublicJwk(kid);
  }
  return jwks.empty() ? "{\"keys\":[]}" : jwks + "]}";
}

}  // namespace usher::testing

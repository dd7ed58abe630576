// Key sets made of keys that are known by their kid alone.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "lib/jose/sign.h"

namespace usher::testing {

// The ES256 key of that name, made at the first call. Thread-safe.
inline jose::SigningKey KeyNamed(const std::string& kid) {
  static std::mutex mutex;
  static std::map<std::string, jose::SigningKey> made;
  std::lock_guard lock(mutex);
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

// Which of an issuer's keys may have signed a token.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

#include "lib/base/result.h"
#include "lib/jose/jws.h"
#include "lib/jose/key_set.h"

namespace usher::jose {

// At most this many keys are tried for one token: a set with many similar keys
// must not multiply the cost of a forged token.
inline constexpr size_t kMaxKeysTried = 4;
// The same where no key of the set has a kid (PEM files), so that a kid cannot
// select one: a key file grows with each rotation.
inline constexpr size_t kMaxKeysTriedWithoutKids = KeySet::kMaxTriedWithoutKids;

// The keys to try, in the set's order. Borrowed from the set.
struct KeySelection {
  std::array<const Key*, kMaxKeysTriedWithoutKids> keys{};
  size_t count = 0;
  // Present where there is nothing to try: kKeyNotFound (no key has the kid),
  // kKeyMismatch (one has, but does not do the algorithm), kKeyAmbiguous (more
  // fit than are tried).
  std::optional<Reason> none;
  // With kKeyMismatch: why the key with the token's kid cannot be used at all.
  // Borrowed from the set.
  std::optional<std::string_view> unusable;
};

// `allowed` are the algorithms the issuer may use. A token's kid is matched
// against the keys' kids byte for byte. Where no key of the set has a kid, or
// the token has none, the keys that fit its algorithm are tried.
//
// x5t and x5t#S256 are a hint: where the kid selects no key, the keys with that
// certificate are tried, if there are any.
KeySelection SelectKeys(const Jws& jws, AlgSet allowed, const KeySet& set);

}  // namespace usher::jose

// Which of an issuer's keys may have signed a token.
#pragma once

#include <array>
#include <cstddef>
#include <optional>

#include "lib/base/result.h"
#include "lib/jose/jws.h"
#include "lib/jose/key_set.h"

namespace usher::verify {

// At most this many keys are tried for one token, so that a set of look-alikes
// cannot multiply the cost of a forged one.
inline constexpr size_t kMostKeysTried = 4;

// The keys to try, in the set's order. Borrowed from the set.
struct KeySelection {
  std::array<const jose::Key*, kMostKeysTried> keys{};
  size_t count = 0;
  // Set when there is nothing to try: kKeyNotFound (the set does not know the
  // kid), kKeyMismatch (it does, but the key may not do the algorithm),
  // kKeyAmbiguous (more than kMostKeysTried fit).
  std::optional<Reason> none;
};

// `allowed` are the algorithms the issuer may use. A token's kid is matched
// against the keys' kids byte for byte. Only where no key of the set has a kid
// (PEM files), or the token has none, are the keys that fit its algorithm
// tried.
KeySelection SelectKeys(const jose::Jws& jws, jose::AlgSet allowed,
                        const jose::KeySet& set);

}  // namespace usher::verify

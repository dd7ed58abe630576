#include "lib/jose/key_selection.h"

#include <algorithm>
#include <span>

#include "absl/functional/function_ref.h"

namespace usher::jose {
namespace {

using Matches = absl::FunctionRef<bool(const Key&)>;

// Those of `keys` that match and do one of the `wanted` algorithms.
KeySelection Select(std::span<const Key> keys, AlgSet wanted, size_t limit,
                    Matches matches) {
  KeySelection selection;
  bool known = false;
  for (const Key& key : keys) {
    if (!matches(key)) continue;
    known = true;
    if ((key.algs() & wanted).empty()) continue;
    if (selection.count == limit) {
      selection.none = Reason::kKeyAmbiguous;
      return selection;
    }
    selection.keys[selection.count++] = &key;
  }
  if (selection.count == 0) {
    selection.none = known ? Reason::kKeyMismatch : Reason::kKeyNotFound;
  }
  return selection;
}

}  // namespace

KeySelection SelectKeys(const Jws& jws, AlgSet allowed, const KeySet& set) {
  const auto& keys = set.keys();
  const AlgSet wanted = jws.algs() & allowed;
  const bool kids = std::any_of(keys.begin(), keys.end(), [](const Key& key) {
    return key.kid().has_value();
  });
  const bool by_kid = kids && jws.kid();
  if (by_kid) {
    const auto found = Select(keys, wanted, kMaxKeysTried, [&](const Key& key) {
      return key.kid() == jws.kid();
    });
    if (found.none != Reason::kKeyNotFound) return found;
  }
  if (jws.kid()) {
    if (const auto why = set.WhyUnusable(*jws.kid())) {
      KeySelection unusable;
      unusable.none = Reason::kKeyMismatch;
      unusable.unusable = why;
      return unusable;
    }
  }
  if (jws.x5t() || jws.x5t_s256()) {
    const auto found = Select(keys, wanted, kMaxKeysTried, [&](const Key& key) {
      return key.HasCertificate(jws.x5t(), jws.x5t_s256());
    });
    if (!found.none) return found;
  }
  KeySelection rest;
  if (by_kid) {
    rest.none = Reason::kKeyNotFound;
    return rest;
  }
  rest = Select(keys, wanted, kids ? kMaxKeysTried : kMaxKeysTriedWithoutKids,
                [](const Key&) { return true; });
  // No kid has named a key, so none contradicts the token's algorithm.
  if (rest.none == Reason::kKeyMismatch) rest.none = Reason::kKeyNotFound;
  return rest;
}

}  // namespace usher::jose

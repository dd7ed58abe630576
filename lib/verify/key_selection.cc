#include "lib/verify/key_selection.h"

#include <algorithm>

namespace usher::verify {

KeySelection SelectKeys(const jose::Jws& jws, jose::AlgSet allowed,
                        const jose::KeySet& set) {
  const auto& keys = set.keys();
  const bool by_kid = jws.kid() && std::any_of(keys.begin(), keys.end(),
                                               [](const jose::Key& key) {
                                                 return key.kid().has_value();
                                               });
  const jose::AlgSet wanted = jws.algs() & allowed;
  KeySelection selection;
  bool known = false;
  for (const jose::Key& key : keys) {
    if (by_kid && (!key.kid() || *key.kid() != *jws.kid())) continue;
    known = true;
    if ((key.algs() & wanted).empty()) continue;
    if (selection.count == kMaxKeysTried) {
      selection.none = Reason::kKeyAmbiguous;
      return selection;
    }
    selection.keys[selection.count++] = &key;
  }
  if (selection.count == 0) {
    selection.none =
        by_kid && known ? Reason::kKeyMismatch : Reason::kKeyNotFound;
  }
  return selection;
}

}  // namespace usher::verify

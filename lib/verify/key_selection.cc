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
  KeySelection choice;
  bool known = false;
  for (const jose::Key& key : keys) {
    if (by_kid && (!key.kid() || *key.kid() != *jws.kid())) continue;
    known = true;
    if ((key.algs() & wanted).empty()) continue;
    if (choice.count == kMostKeysTried) {
      choice.none = Reason::kKeyAmbiguous;
      return choice;
    }
    choice.keys[choice.count++] = &key;
  }
  if (choice.count == 0) {
    choice.none = by_kid && known ? Reason::kKeyMismatch : Reason::kKeyNotFound;
  }
  return choice;
}

}  // namespace usher::verify

#include "lib/base/result.h"
#include "lib/base/strings.h"
#include "lib/jose/key.h"
#include "lib/jose/key_set.h"
#include "lib/jose/material.h"
#include "lib/jose/pem.h"

namespace usher::jose {

absl::StatusOr<Key> Key::FromPem(std::string_view pem,
                                 std::optional<std::string> kid) {
  USHER_TRY(const std::vector<PublicParts> keys, PublicKeysIn(pem, 1));
  const PublicParts& parts = keys.front();
  USHER_TRY(auto material,
            MakeMaterial(parts, AlgsFitFor(parts), std::move(kid)));
  return Key(std::move(material));
}

absl::StatusOr<KeySet> KeySet::FromPem(std::string_view pem) {
  // One more than allowed, to see that there is one more.
  USHER_TRY(const std::vector<PublicParts> found,
            PublicKeysIn(pem, kMaxKeys + 1));
  if (found.size() > kMaxKeys) {
    return absl::InvalidArgumentError(
        base::Absl(base::StrCat("PEM: more than ", kMaxKeys, " keys")));
  }
  std::vector<Key> keys;
  for (const PublicParts& parts : found) {
    USHER_TRY(auto material,
              MakeMaterial(parts, AlgsFitFor(parts), std::nullopt));
    keys.push_back(Key(std::move(material)));
  }
  return KeySet(std::move(keys));
}

}  // namespace usher::jose

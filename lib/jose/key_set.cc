#include "lib/jose/key_set.h"

#include <algorithm>

#include "lib/base/result.h"
#include "lib/base/strings.h"

namespace usher::jose {
namespace {

absl::Status Unusable(const std::string& why) {
  return absl::InvalidArgumentError(base::Absl(why));
}

}  // namespace

absl::StatusOr<KeySet> KeySet::FromJwks(std::string_view json) {
  json::Reader reader;
  const std::optional<json::Value> root = reader.Parse(json);
  if (!root) return Unusable(base::StrCat("key set: ", reader.error()));
  const std::optional<json::Value> keys = root->Find("keys");
  if (!keys || !keys->IsArray()) {
    return Unusable("key set: not an object with an array of keys");
  }
  KeySet set;
  size_t seen = 0;
  keys->ForEachElement([&](json::Value jwk) {
    if (seen == kMaxKeys) return ++seen, false;
    absl::StatusOr<Key> key = Key::FromJwk(jwk);
    if (key.ok()) {
      set.keys_.push_back(*std::move(key));
    } else {
      set.ignored_.push_back(base::StrCat(
          "keys[", seen, "]: ", base::Std(key.status().message())));
    }
    ++seen;
    return true;
  });
  if (seen > kMaxKeys) {
    return Unusable(base::StrCat("key set: more than ", kMaxKeys, " keys"));
  }
  if (seen == 0) return Unusable("key set: no keys");
  if (set.keys_.empty()) {
    return Unusable(base::StrCat("key set: no usable key; ", set.ignored_[0]));
  }
  return set;
}

bool KeySet::Has(const Sha256Digest& thumbprint, Alg alg) const {
  return std::any_of(keys_.begin(), keys_.end(), [&](const Key& key) {
    return key.algs().Has(alg) && key.thumbprint() == thumbprint;
  });
}

}  // namespace usher::jose

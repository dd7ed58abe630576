// The issuers that may be believed: found by `iss` in one look-up, never
// changed, swapped whole.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "lib/base/strings.h"
#include "lib/issuer/config.h"
#include "lib/jwks/cache.h"

namespace usher::issuer {

// One issuer with its keys. Immutable but for what its cache fetches; shared by
// every registry it is carried into. Thread-safe.
class Issuer {
 public:
  // Begins to fetch its keys, after `delay`.
  Issuer(Config config, jwks::Cache::Deps parts, absl::Duration delay);
  // Goes on with the keys of `before`, which come from the same source.
  Issuer(Config config, const Issuer& before);

  const Config& config() const { return config_; }
  uint64_t fingerprint() const { return fingerprint_; }
  jwks::Cache& keys() const { return *keys_; }
  // Whether `config` says the same of where keys come from and how.
  bool HasTheKeysOf(const Config& config) const;

 private:
  const Config config_;
  const uint64_t fingerprint_;
  // Stopped when the last issuer that has them is gone.
  const std::shared_ptr<jwks::Cache> keys_;
};

// What NotReady() says of required issuers that have never had keys.
enum class NewIssuers { kCount, kIgnore };

// Immutable. Thread-safe.
class Registry {
 public:
  Registry() = default;

  // Takes over from `previous` every issuer whose Config is unchanged, and of
  // one that is changed its keys, unless they now come from elsewhere or
  // otherwise. Makes and starts the others. `configs` must be free of faults.
  static std::unique_ptr<const Registry> Build(std::vector<Config> configs,
                                               const Registry* previous,
                                               jwks::Cache::Deps parts);

  // The issuer whose identifier is exactly `iss`, or null. O(1), no allocation.
  const Issuer* Find(std::string_view iss) const;
  // By the operator's name.
  const Issuer* FindNamed(std::string_view name) const;

  // In the order of the configuration.
  const std::vector<std::shared_ptr<const Issuer>>& issuers() const {
    return issuers_;
  }
  // Grows by one with each Build().
  uint64_t generation() const { return generation_; }

  // The names of required issuers that have no usable keys at `now`.
  std::vector<std::string> NotReady(
      absl::Time now, NewIssuers newcomers = NewIssuers::kCount) const;

 private:
  using Index = absl::flat_hash_map<std::string, size_t, base::StringHash,
                                    std::equal_to<>>;

  const Issuer* Look(const Index& index, std::string_view what) const;
  // The issuer of this registry that `config` can go on with: itself, or a new
  // one with its keys. Null: none.
  std::shared_ptr<const Issuer> CarriedOver(Config& config) const;

  std::vector<std::shared_ptr<const Issuer>> issuers_;
  Index by_issuer_;
  Index by_name_;
  uint64_t generation_ = 0;
};

}  // namespace usher::issuer

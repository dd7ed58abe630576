// The trusted issuers: found by `iss` in one look-up, never changed, replaced
// as a whole.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "lib/base/text/strings.h"
#include "lib/introspect/introspector.h"
#include "lib/issuer/config.h"
#include "lib/issuer/tenants.h"
#include "lib/jwks/cache.h"

namespace usher::issuer {

// What issuers work with. All of it outlives them.
struct Deps {
  jwks::Cache::Deps keys;
  // Of its own, so that questions about tokens take no key fetch's place.
  http::Client& introspection_http;
  introspect::AnswerCache& answers;
  introspect::Observer& introspection_observer;
};

// One issuer with its keys, where it has any. Immutable except for what its key
// cache fetches; shared by every registry that it is carried over to.
// Thread-safe.
class Issuer {
 public:
  // Begins to fetch its keys after `delay`.
  Issuer(Config config, const Deps& deps, absl::Duration delay);
  // Goes on with the keys of `before`, which SharesKeysWith(config).
  Issuer(Config config, const Deps& deps, const Issuer& before);

  const Config& config() const { return config_; }
  // Different for every Issuer of the process, so nothing that rests on an
  // issuer's settings can outlive them unnoticed.
  uint64_t serial() const { return serial_; }
  // Null: it has no keys (Config::keys), or each tenant has its own.
  jwks::Cache* keys() const { return keys_.get(); }
  // Null unless each tenant has its own keys.
  Tenants* tenants() const { return tenants_.get(); }
  // Null: it is not asked about tokens.
  introspect::Introspector* introspector() const { return introspector_.get(); }
  // Whether its JWTs are introspected, whatever the request says.
  bool always_introspects() const { return always_introspects_; }
  // Whether it has keys of its own or tenants with keys.
  bool has_keys() const { return keys_ != nullptr || tenants_ != nullptr; }
  // Where its keys come from, for operators: "discovery", "none".
  std::string KeysFrom() const;
  // The tenant of `iss`, which Registry::Find() has found to be this issuer's;
  // nothing if it has no tenants.
  std::optional<std::string_view> TenantOf(std::string_view iss) const;
  // Whether `text` is its identifier (or template) or one of its aliases.
  bool IsNamed(std::string_view text) const;
  // Whether its tokens can be verified at `now`: its keys are usable, or it
  // needs none.
  bool IsReady(absl::Time now) const;
  // Whether the keys of `config` come from the same source in the same way.
  bool SharesKeysWith(const Config& config) const;

 private:
  const Config config_;
  const uint64_t serial_;
  // Null: none. Stopped when the last issuer that shares them is gone.
  const std::shared_ptr<jwks::Cache> keys_;
  const std::shared_ptr<Tenants> tenants_;
  const std::optional<jwks::IssuerTemplate> template_;
  const std::shared_ptr<introspect::Introspector> introspector_;
  const bool always_introspects_;
};

// Whether NotReady() counts required issuers that have never had keys.
enum class NewIssuers { kCount, kIgnore };

// Immutable. Thread-safe.
class Registry {
 public:
  Registry() = default;

  // Carries over from `previous` (may be null) every issuer whose Config is
  // unchanged, and the keys of a changed one if they still come from the same
  // source in the same way. Makes and starts the others. `configs` must be
  // valid (config.h).
  static std::unique_ptr<const Registry> Build(std::vector<Config> configs,
                                               const Registry* previous,
                                               const Deps& deps);

  // The issuer whose identifier or alias is exactly `iss`, or of which `iss` is
  // an allowed tenant's; or null. O(1) and the number of templates, no
  // allocation.
  const Issuer* Find(std::string_view iss) const;
  // By the operator's name.
  const Issuer* FindNamed(std::string_view name) const;

  // The issuer that an opaque token belongs to by its prefix, else the default
  // one, else null.
  const Issuer* FindForOpaque(std::string_view token) const;

  // In the order of the configuration.
  const std::vector<std::shared_ptr<const Issuer>>& issuers() const {
    return issuers_;
  }
  // Grows by one with each Build().
  uint64_t generation() const { return generation_; }

  // The names of required issuers that have no usable keys at `now`.
  std::vector<std::string> NotReady(
      absl::Time now, NewIssuers new_issuers = NewIssuers::kCount) const;

 private:
  using Index = absl::flat_hash_map<std::string, size_t, base::StringHash,
                                    std::equal_to<>>;

  const Issuer* FindIn(const Index& index, std::string_view key) const;
  // The index of the issuer with this identifier or alias.
  std::optional<size_t> PlaceOf(const std::string& identifier) const;
  // The issuer that `config` can go on with: one of this registry, or a new one
  // with the keys of one. Null: none.
  std::shared_ptr<const Issuer> CarriedOver(Config& config,
                                            const Deps& deps) const;

  std::vector<std::shared_ptr<const Issuer>> issuers_;
  Index by_issuer_;  // with aliases, without templates
  std::vector<size_t> templates_;
  OpaqueRoutes opaque_;
  Index by_name_;
  uint64_t generation_ = 0;
};

}  // namespace usher::issuer

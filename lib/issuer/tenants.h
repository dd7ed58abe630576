// The keys of the tenants of a multi-tenant issuer, for each tenant that a
// token came from lately.
//
// A tenant is known only by the unverified `iss` of a token, so an attacker can
// name as many as the issuer's rule admits. Three bounds keep that harmless: at
// most `most` tenants are kept, new ones come out of a budget, and one whose
// keys cannot be fetched is forgotten soon.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "lib/base/mutex.h"
#include "lib/base/text/strings.h"
#include "lib/jwks/cache.h"
#include "lib/jwks/issuer_template.h"

namespace usher::issuer {

// Thread-safe. A lookup takes one lock for some nanoseconds.
class Tenants : public std::enable_shared_from_this<Tenants> {
 public:
  struct Settings {
    // `issuer` is the template.
    jwks::Cache::Settings keys;
    size_t most;
    // New tenants: this many at once, then one after each `apart`.
    int burst;
    absl::Duration apart;

    bool operator==(const Settings&) const = default;
  };
  // A tenant that no token came from is forgotten after this time.
  static constexpr absl::Duration kIdle = absl::Hours(1);
  // One without keys is forgotten after this time, whatever comes from it.
  static constexpr absl::Duration kWithoutKeys = absl::Seconds(10);

  // Settings::keys.issuer must be a valid template.
  static std::shared_ptr<Tenants> Create(Settings settings,
                                         jwks::Cache::Deps deps);
  ~Tenants();

  // The keys of `tenant`, or null if it is not known.
  std::shared_ptr<jwks::Cache> Find(std::string_view tenant);
  // The same, but begins to fetch the keys of an unknown tenant. Null if the
  // budget for new tenants is used up. The tenant used longest ago makes room.
  std::shared_ptr<jwks::Cache> FindOrAdd(std::string_view tenant);

  // Forgets every tenant. Their keys are fetched again when they are needed.
  void Clear();
  // The same, and no tenant is added any more.
  void Stop();

  size_t size() const;
  const Settings& settings() const { return settings_; }

 private:
  struct Tenant {
    std::string name;
    std::shared_ptr<jwks::Cache> keys;
    absl::Time added;
    absl::Time last_used;
    bool had_keys = false;
  };
  // Most recently used first.
  using List = std::list<Tenant>;
  using Removed = std::vector<std::shared_ptr<jwks::Cache>>;

  Tenants(Settings settings, jwks::IssuerTemplate pattern,
          jwks::Cache::Deps deps);

  std::shared_ptr<jwks::Cache> Touch(std::string_view tenant, absl::Time now)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool TakeFromBudget(absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Remove(List::iterator tenant, Removed& removed)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  Removed RemoveAll() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void ScheduleSweep() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Sweep();

  const Settings settings_;
  const jwks::IssuerTemplate template_;
  const jwks::Cache::Deps deps_;

  mutable base::Mutex mutex_;
  List tenants_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<std::string_view, List::iterator, base::StringHash,
                      std::equal_to<>>
      by_name_ ABSL_GUARDED_BY(mutex_);
  double budget_ ABSL_GUARDED_BY(mutex_);
  absl::Time budget_at_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
  std::optional<base::Scheduler::Ticket> sweep_ ABSL_GUARDED_BY(mutex_);
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace usher::issuer

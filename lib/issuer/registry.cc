#include "lib/issuer/registry.h"

#include <algorithm>
#include <utility>
#include <variant>

namespace usher::issuer {
namespace {

jwks::Cache::Settings KeySettings(const Config& config) {
  return {.issuer_name = config.name,
          .issuer = config.issuer,
          .source = config.keys,
          .fetch = config.trust,
          .limits = config.refresh};
}

// Keys that are here already stand in nobody's way.
bool ComeOverTheNetwork(const jwks::Source& keys) {
  return std::holds_alternative<jwks::Discovery>(keys) ||
         std::holds_alternative<jwks::JwksUrl>(keys);
}

// A cache can outlive its issuers for a moment, in the hands of one who waits.
// The pointer that issuers share counts them alone.
std::shared_ptr<jwks::Cache> StoppedWithItsIssuers(
    std::shared_ptr<jwks::Cache> cache) {
  jwks::Cache* const keys = cache.get();
  return {keys, [cache = std::move(cache)](jwks::Cache*) { cache->Stop(); }};
}

// With thousands of issuers the first fetches are spread: 64 at once, then 200
// a second, so that those which have to queue for a connection do not run into
// their timeout. A token of an issuer whose turn has not come brings it
// forward.
absl::Duration StartDelay(size_t fetches) {
  constexpr size_t kAtOnce = 64;
  constexpr absl::Duration kApart = absl::Milliseconds(5);
  return fetches < kAtOnce
             ? absl::ZeroDuration()
             : static_cast<int64_t>(fetches - kAtOnce + 1) * kApart;
}

}  // namespace

Issuer::Issuer(Config config, jwks::Cache::Deps parts, absl::Duration delay)
    : config_(std::move(config)),
      fingerprint_(FingerprintOf(config_)),
      keys_(StoppedWithItsIssuers(
          jwks::Cache::Create(KeySettings(config_), parts))) {
  keys_->Start(delay);
}

Issuer::Issuer(Config config, const Issuer& before)
    : config_(std::move(config)),
      fingerprint_(FingerprintOf(config_)),
      keys_(before.keys_) {}

bool Issuer::HasTheKeysOf(const Config& config) const {
  return keys_->settings() == KeySettings(config);
}

std::unique_ptr<const Registry> Registry::Build(std::vector<Config> configs,
                                                const Registry* previous,
                                                jwks::Cache::Deps parts) {
  auto registry = std::make_unique<Registry>();
  registry->generation_ = previous == nullptr ? 1 : previous->generation_ + 1;
  registry->issuers_.reserve(configs.size());
  registry->by_issuer_.reserve(configs.size());
  registry->by_name_.reserve(configs.size());
  size_t fetches = 0;
  for (Config& config : configs) {
    std::shared_ptr<const Issuer> issuer;
    if (previous != nullptr) issuer = previous->CarriedOver(config);
    if (issuer == nullptr) {
      issuer = std::make_shared<const Issuer>(std::move(config), parts,
                                              StartDelay(fetches));
      if (ComeOverTheNetwork(issuer->config().keys)) ++fetches;
    }
    registry->by_issuer_.emplace(issuer->config().issuer,
                                 registry->issuers_.size());
    registry->by_name_.emplace(issuer->config().name,
                               registry->issuers_.size());
    registry->issuers_.push_back(std::move(issuer));
  }
  return registry;
}

const Issuer* Registry::Look(const Index& index, std::string_view what) const {
  const auto found = index.find(what);
  return found == index.end() ? nullptr : issuers_[found->second].get();
}

const Issuer* Registry::Find(std::string_view iss) const {
  return Look(by_issuer_, iss);
}

const Issuer* Registry::FindNamed(std::string_view name) const {
  return Look(by_name_, name);
}

std::shared_ptr<const Issuer> Registry::CarriedOver(Config& config) const {
  const auto found = by_issuer_.find(config.issuer);
  if (found == by_issuer_.end()) return nullptr;
  const std::shared_ptr<const Issuer>& issuer = issuers_[found->second];
  if (issuer->config() == config) return issuer;
  if (!issuer->HasTheKeysOf(config)) return nullptr;
  return std::make_shared<const Issuer>(std::move(config), *issuer);
}

std::vector<std::string> Registry::NotReady(absl::Time now,
                                            NewIssuers newcomers) const {
  std::vector<std::string> names;
  for (const std::shared_ptr<const Issuer>& issuer : issuers_) {
    if (!issuer->config().required) continue;
    const auto served = issuer->keys().Keys();
    if (served->UsableAt(now)) continue;
    if (newcomers == NewIssuers::kIgnore && !served->fetched_at) continue;
    names.push_back(issuer->config().name);
  }
  return names;
}

}  // namespace usher::issuer

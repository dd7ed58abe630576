#include "lib/issuer/registry.h"

#include <algorithm>
#include <atomic>
#include <utility>
#include <variant>

namespace usher::issuer {
namespace {

uint64_t NextSerial() {
  static std::atomic<uint64_t> next{1};
  return next.fetch_add(1, std::memory_order_relaxed);
}

jwks::Cache::Settings KeySettings(const Config& config) {
  return {.issuer_name = config.name,
          .issuer = config.issuer,
          .source = *config.keys,
          .fetch = config.trust,
          .credentials = config.key_credentials,
          .limits = config.refresh};
}

// Only these first fetches are spread: the other keys are here already.
bool ComeOverTheNetwork(const std::optional<jwks::Source>& keys) {
  return keys && jwks::IsRemote(*keys);
}

// A pending verification can keep a cache for a moment longer than its issuers
// live. So the pointer that issuers share counts the issuers alone.
std::shared_ptr<jwks::Cache> StoppedWithItsIssuers(
    std::shared_ptr<jwks::Cache> cache) {
  jwks::Cache* const keys = cache.get();
  return {keys, [cache = std::move(cache)](jwks::Cache*) { cache->Stop(); }};
}

// With thousands of issuers the first fetches are spread: 64 at once, then 200
// a second, so that a fetch that queues for a connection does not time out. The
// first token of an issuer ends its delay.
absl::Duration StartDelay(size_t fetches) {
  constexpr size_t kAtOnce = 64;
  constexpr absl::Duration kApart = absl::Milliseconds(5);
  return fetches < kAtOnce
             ? absl::ZeroDuration()
             : static_cast<int64_t>(fetches - kAtOnce + 1) * kApart;
}

}  // namespace

Issuer::Issuer(Config config, jwks::Cache::Deps deps, absl::Duration delay)
    : config_(std::move(config)),
      serial_(NextSerial()),
      keys_(config_.keys ? StoppedWithItsIssuers(
                               jwks::Cache::Create(KeySettings(config_), deps))
                         : nullptr) {
  if (keys_) keys_->Start(delay);
}

Issuer::Issuer(Config config, const Issuer& before)
    : config_(std::move(config)), serial_(NextSerial()), keys_(before.keys_) {}

bool Issuer::IsReady(absl::Time now) const {
  if (!keys_) return true;
  const auto served = keys_->Keys();
  return served->UsableAt(now);
}

bool Issuer::SharesKeysWith(const Config& config) const {
  return keys_ && config.keys && keys_->settings() == KeySettings(config);
}

std::unique_ptr<const Registry> Registry::Build(std::vector<Config> configs,
                                                const Registry* previous,
                                                jwks::Cache::Deps deps) {
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
      issuer = std::make_shared<const Issuer>(std::move(config), deps,
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

const Issuer* Registry::FindIn(const Index& index, std::string_view key) const {
  const auto found = index.find(key);
  return found == index.end() ? nullptr : issuers_[found->second].get();
}

const Issuer* Registry::Find(std::string_view iss) const {
  return FindIn(by_issuer_, iss);
}

const Issuer* Registry::FindNamed(std::string_view name) const {
  return FindIn(by_name_, name);
}

std::shared_ptr<const Issuer> Registry::CarriedOver(Config& config) const {
  const auto found = by_issuer_.find(config.issuer);
  if (found == by_issuer_.end()) return nullptr;
  const std::shared_ptr<const Issuer>& issuer = issuers_[found->second];
  if (issuer->config() == config) return issuer;
  if (!issuer->SharesKeysWith(config)) return nullptr;
  return std::make_shared<const Issuer>(std::move(config), *issuer);
}

std::vector<std::string> Registry::NotReady(absl::Time now,
                                            NewIssuers new_issuers) const {
  std::vector<std::string> names;
  for (const std::shared_ptr<const Issuer>& issuer : issuers_) {
    if (!issuer->config().required) continue;
    if (issuer->IsReady(now)) continue;
    const auto served = issuer->keys()->Keys();
    if (new_issuers == NewIssuers::kIgnore && !served->fetched_at) continue;
    names.push_back(issuer->config().name);
  }
  return names;
}

}  // namespace usher::issuer

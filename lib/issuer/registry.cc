#include "lib/issuer/registry.h"

#include <algorithm>
#include <atomic>
#include <utility>
#include <variant>

#include "lib/http/url_rule.h"
#include "lib/issuer/metadata_endpoint.h"
#include "lib/jwks/discovery.h"

namespace usher::issuer {
namespace {

uint64_t NextSerial() {
  static std::atomic<uint64_t> next{1};
  return next.fetch_add(1, std::memory_order_relaxed);
}

// Where the operator lists hosts, and for a template always, only these may be
// asked, and those of the addresses that are configured: a token chooses the
// tenant, never the host.
http::FetchOptions FetchOptionsOf(const Config& config) {
  http::FetchOptions options = config.trust;
  if (!config.tenants && !options.allowed_hosts) return options;
  const std::vector<std::string> listed =
      options.allowed_hosts.value_or(std::vector<std::string>());
  std::vector<std::string>& allowed = options.allowed_hosts.emplace();
  for (const std::string& host : listed) {
    const auto authorities = http::AllowedHostOf(host, config.trust);
    if (!authorities.ok()) continue;  // ValidationErrors() names it
    allowed.insert(allowed.end(), authorities->begin(), authorities->end());
  }
  const auto allow = [&](std::string_view address) {
    const auto url = http::Url::Parse(address, http::Schemes::kHttpToo);
    if (url.ok()) allowed.push_back(url->authority());
  };
  allow(AnyIssuerOf(config));
  if (const auto* source = std::get_if<jwks::JwksUrl>(&*config.keys)) {
    allow(source->url);
  }
  if (const auto* source = std::get_if<jwks::Discovery>(&*config.keys);
      source && source->url) {
    allow(*source->url);
  }
  return options;
}

jwks::Cache::Settings KeySettings(const Config& config) {
  return {.issuer_name = config.name,
          .issuer = config.issuer,
          .source = *config.keys,
          .fetch = FetchOptionsOf(config),
          .credentials = config.key_credentials,
          .limits = config.refresh};
}

// Only these first fetches are spread: the other keys are here already.
bool ComeOverTheNetwork(const std::optional<jwks::Source>& keys) {
  return keys && jwks::IsRemote(*keys);
}

// Whether each tenant's metadata names its keys. Metadata at one configured
// address name the same keys for all.
bool HasKeysPerTenant(const Config& config) {
  if (!config.tenants || !config.keys) return false;
  const auto* discovery = std::get_if<jwks::Discovery>(&*config.keys);
  return discovery && !discovery->url;
}

// Tenants of a list are the operator's choice. Those of a pattern are anyone's,
// so they come slowly.
Tenants::Settings TenantSettings(const Config& config) {
  const bool listed = config.tenants->allow.has_value();
  return {.keys = KeySettings(config),
          .most = config.tenants->most,
          .burst = 100,
          .apart = listed ? absl::Milliseconds(5) : absl::Milliseconds(50)};
}

std::optional<jwks::IssuerTemplate> TemplateOf(const Config& config) {
  if (!config.tenants) return std::nullopt;
  return *jwks::IssuerTemplate::Parse(config.issuer);
}

// The operator names the endpoint, or metadata that may name only some hosts.
http::FetchOptions TrustFor(const Config& config) {
  http::FetchOptions trust = config.trust;
  if (config.introspection->endpoint) {
    trust.allowed_hosts.reset();
  } else if (config.keys) {
    trust = FetchOptionsOf(config);
  }
  return trust;
}

introspect::Introspector::Settings IntrospectorSettings(
    const Config& config, const jwks::Cache::Deps& deps, uint64_t issuer_id) {
  const Introspection& introspection = *config.introspection;
  std::vector<std::string> issuers = {config.issuer};
  issuers.insert(issuers.end(), config.aliases.begin(), config.aliases.end());
  introspect::Introspector::Settings settings{
      .issuer_name = config.name,
      .issuers = std::move(issuers),
      .issuer_id = issuer_id,
      .policy = config.policy,
      .endpoint = introspection.endpoint.value_or(""),
      .client = introspection.client,
      .trust = TrustFor(config),
      .timeout = introspection.timeout,
      .slots = introspection.slots};
  if (!introspection.endpoint) {
    const auto* discovery =
        config.keys ? std::get_if<jwks::Discovery>(&*config.keys) : nullptr;
    settings.endpoint_source = MetadataEndpoint::Create(
        {.issuer = config.issuer,
         .urls = discovery && discovery->url
                     ? std::vector<std::string>{*discovery->url}
                     : jwks::MetadataUrls(config.issuer),
         .trust = settings.trust},
        {deps.http, deps.executor, deps.clock});
  }
  // RFC 7523 section 3: the authorization server's issuer identifier.
  if (settings.client.audience.empty()) {
    settings.client.audience = config.issuer;
  }
  return settings;
}

std::shared_ptr<introspect::Introspector> MakeIntrospector(const Config& config,
                                                           const Deps& deps,
                                                           uint64_t issuer_id) {
  if (!config.introspection) return nullptr;
  return introspect::Introspector::Create(
      IntrospectorSettings(config, deps.keys, issuer_id),
      {deps.introspection_http, deps.keys.scheduler, deps.keys.executor,
       deps.keys.clock, deps.answers, deps.introspection_observer});
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

Issuer::Issuer(Config config, const Deps& deps, absl::Duration delay)
    : config_(std::move(config)),
      serial_(NextSerial()),
      keys_(config_.keys && !HasKeysPerTenant(config_)
                ? StoppedWithItsIssuers(
                      jwks::Cache::Create(KeySettings(config_), deps.keys))
                : nullptr),
      tenants_(HasKeysPerTenant(config_)
                   ? Tenants::Create(TenantSettings(config_), deps.keys)
                   : nullptr),
      template_(TemplateOf(config_)),
      introspector_(MakeIntrospector(config_, deps, serial_)),
      always_introspects_(config_.introspection &&
                          config_.introspection->always) {
  if (keys_) keys_->Start(delay);
}

Issuer::Issuer(Config config, const Deps& deps, const Issuer& before)
    : config_(std::move(config)),
      serial_(NextSerial()),
      keys_(before.keys_),
      tenants_(before.tenants_),
      template_(TemplateOf(config_)),
      introspector_(MakeIntrospector(config_, deps, serial_)),
      always_introspects_(config_.introspection &&
                          config_.introspection->always) {}

std::optional<std::string_view> Issuer::TenantOf(std::string_view iss) const {
  return template_ ? template_->TenantOf(iss) : std::nullopt;
}

std::string Issuer::KeysFrom() const {
  if (keys_) return keys_->SourceText();
  if (!tenants_) return "none";
  return base::StrCat("discovery for each tenant (", tenants_->size(),
                      " in memory)");
}

bool Issuer::IsNamed(std::string_view text) const {
  return text == config_.issuer ||
         std::find(config_.aliases.begin(), config_.aliases.end(), text) !=
             config_.aliases.end();
}

bool Issuer::IsReady(absl::Time now) const {
  if (!keys_) return true;  // tenants' keys come when they are needed
  const auto served = keys_->Keys();
  return served->UsableAt(now);
}

bool Issuer::SharesKeysWith(const Config& config) const {
  if (tenants_) {
    return HasKeysPerTenant(config) &&
           tenants_->settings() == TenantSettings(config);
  }
  if (HasKeysPerTenant(config)) return false;
  return keys_ && config.keys && keys_->settings() == KeySettings(config);
}

std::unique_ptr<const Registry> Registry::Build(std::vector<Config> configs,
                                                const Registry* previous,
                                                const Deps& deps) {
  auto registry = std::make_unique<Registry>();
  registry->generation_ = previous == nullptr ? 1 : previous->generation_ + 1;
  registry->issuers_.reserve(configs.size());
  registry->by_issuer_.reserve(configs.size());
  registry->by_name_.reserve(configs.size());
  size_t fetches = 0;
  for (Config& config : configs) {
    std::shared_ptr<const Issuer> issuer;
    if (previous != nullptr) issuer = previous->CarriedOver(config, deps);
    if (issuer == nullptr) {
      issuer = std::make_shared<const Issuer>(std::move(config), deps,
                                              StartDelay(fetches));
      if (ComeOverTheNetwork(issuer->config().keys)) ++fetches;
    }
    const size_t place = registry->issuers_.size();
    if (issuer->config().tenants) {
      registry->templates_.push_back(place);
    } else {
      registry->by_issuer_.emplace(issuer->config().issuer, place);
    }
    for (const std::string& alias : issuer->config().aliases) {
      registry->by_issuer_.emplace(alias, place);
    }
    if (issuer->config().introspection) {
      registry->opaque_.Add(*issuer->config().introspection, place);
    }
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
  if (const Issuer* issuer = FindIn(by_issuer_, iss)) return issuer;
  for (const size_t place : templates_) {
    const Issuer& issuer = *issuers_[place];
    const auto tenant = issuer.TenantOf(iss);
    if (tenant && issuer.config().tenants->Allows(*tenant)) return &issuer;
  }
  return nullptr;
}

const Issuer* Registry::FindNamed(std::string_view name) const {
  return FindIn(by_name_, name);
}

const Issuer* Registry::FindForOpaque(std::string_view token) const {
  const auto place = opaque_.Find(token);
  return place ? issuers_[*place].get() : nullptr;
}

std::optional<size_t> Registry::PlaceOf(const std::string& identifier) const {
  for (const size_t place : templates_) {
    if (issuers_[place]->config().issuer == identifier) return place;
  }
  const auto found = by_issuer_.find(identifier);
  if (found == by_issuer_.end()) return std::nullopt;
  return found->second;
}

std::shared_ptr<const Issuer> Registry::CarriedOver(Config& config,
                                                    const Deps& deps) const {
  const auto place = PlaceOf(config.issuer);
  if (!place) return nullptr;
  const std::shared_ptr<const Issuer>& issuer = issuers_[*place];
  if (issuer->config() == config) return issuer;
  if (!issuer->SharesKeysWith(config)) return nullptr;
  return std::make_shared<const Issuer>(std::move(config), deps, *issuer);
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

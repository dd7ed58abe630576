// What decides about requests, as one configuration has it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "lib/config/config.h"
#include "lib/issuer/registry.h"
#include "lib/verify/token_cache.h"
#include "lib/verify/verifier.h"
#include "server/core/client_services.h"

namespace usher::server {

// Immutable; replaced whole, through a base::Snapshot. Whoever answers a
// request reads it once and goes by that to the end: so no request meets the
// callers of one configuration and the issuers of another.
//
// For the length of a function the lease is enough. Whoever goes on later takes
// a copy of the part it needs, which keeps what that refers to.
struct ActiveConfig {
  // The file's, but keys that only a restart takes are as they run.
  std::shared_ptr<const config::Config> config;
  std::vector<std::string> warnings;  // of `config`
  std::shared_ptr<const issuer::Registry> issuers;
  std::shared_ptr<const ClientServices> client_services;
  verify::Verifier verifier;  // by `issuers`
};

// What it is made with; all of it outlives every ActiveConfig.
struct ActiveConfigDeps {
  jwks::Cache::Parts keys;
  verify::Observer& observer;
  verify::TokenCache& token_cache;
};

// `previous` may be null: what it has of the same issuers is carried over.
// Begins to fetch the keys of the others.
std::unique_ptr<const ActiveConfig> MakeActiveConfig(
    std::shared_ptr<const config::Config> config,
    std::vector<std::string> warnings, const issuer::Registry* previous,
    const ActiveConfigDeps& parts);

// The names of the configured issuers.
std::vector<std::string> IssuerNames(const config::Config& config);

}  // namespace usher::server

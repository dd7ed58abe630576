// The active configuration: what decides about requests now.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "lib/config/config.h"
#include "lib/issuer/registry.h"
#include "lib/verify/engine.h"
#include "lib/verify/verifier.h"
#include "server/core/client_services.h"

namespace usher::server {

// Immutable; replaced whole, through a base::Snapshot. A request reads it once
// and uses that reading to its end, so no request combines the client services
// of one configuration with the issuers of another.
//
// The lease is enough for the length of a function. A request that goes on
// later copies the part it needs, which keeps everything that part refers to.
struct ActiveConfig {
  // As the file says, except for keys that take effect at a restart only: those
  // are as they run.
  std::shared_ptr<const config::Config> config;
  std::vector<std::string> warnings;  // of `config`
  std::shared_ptr<const issuer::Registry> issuers;
  std::shared_ptr<const ClientServices> client_services;
  verify::Verifier verifier;  // by `issuers`
};

// With the issuers that are active in `engine`, which outlives the result:
// those of `config`.
std::unique_ptr<const ActiveConfig> MakeActiveConfig(
    std::shared_ptr<const config::Config> config,
    std::vector<std::string> warnings, const verify::Engine& engine);

// The names of the configured issuers.
std::vector<std::string> IssuerNames(const config::Config& config);
// Of those, the issuers whose revocations do not expire.
std::vector<std::string> IssuersWithoutExpiry(const config::Config& config);

}  // namespace usher::server

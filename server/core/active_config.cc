#include "server/core/active_config.h"

#include <utility>

namespace usher::server {

std::unique_ptr<const ActiveConfig> MakeActiveConfig(
    std::shared_ptr<const config::Config> config,
    std::vector<std::string> warnings, const verify::Engine& engine) {
  auto client_services = std::make_shared<const ClientServices>(
      config->callers, config->insecure_allow_anonymous_callers);
  verify::Verifier verifier = engine.verifier();
  std::shared_ptr<const issuer::Registry> issuers = verifier.issuers();
  return std::make_unique<const ActiveConfig>(
      ActiveConfig{std::move(config), std::move(warnings), std::move(issuers),
                   std::move(client_services), std::move(verifier)});
}

std::vector<std::string> IssuerNames(const config::Config& config) {
  std::vector<std::string> names;
  for (const issuer::Config& issuer : config.issuers) {
    names.push_back(issuer.name);
  }
  return names;
}

std::vector<std::string> IssuersWithoutExpiry(const config::Config& config) {
  std::vector<std::string> names;
  for (const issuer::Config& issuer : config.issuers) {
    if (issuer.no_expiry) names.push_back(issuer.name);
  }
  return names;
}

}  // namespace usher::server

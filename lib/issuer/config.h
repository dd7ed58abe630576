// What an operator states about one issuer.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "lib/http/client.h"
#include "lib/jose/alg.h"
#include "lib/jwks/key_source.h"
#include "lib/jwks/refresh_rule.h"
#include "lib/token/claim_checks.h"

namespace usher::issuer {

// Plain data. An empty list never means "any".
struct Config {
  // Short; the only name logs and metric labels use. [a-z0-9_-], at most 63.
  std::string name;
  // Compared with `iss` byte for byte. An https URL.
  std::string issuer;
  std::vector<std::string> audiences;  // at least one
  jose::AlgSet algorithms = jose::DefaultAlgs();
  jwks::Source keys = jwks::Discovery{};
  http::FetchOptions trust;
  jwks::RefreshLimits refresh;
  token::Policy policy;
  // Readiness waits for this issuer's keys.
  bool required = true;

  bool operator==(const Config&) const = default;
};

// Every fault, each led by its path: "issuers[1].audiences: must not be empty".
std::vector<std::string> FaultsIn(const Config& config, std::string_view path);

// Faults between issuers: a name or an issuer said twice.
std::vector<std::string> FaultsAmong(const std::vector<Config>& configs);

// OK, or kInvalidArgument with every error of these issuers, a line each.
absl::Status Validate(const std::vector<Config>& configs);

// What loosens security in `config`, in words, for the start-up log.
std::vector<std::string> LooseningsIn(const Config& config,
                                      std::string_view path);

// Changes whenever anything that a remembered verification rests on changes.
uint64_t FingerprintOf(const Config& config);

}  // namespace usher::issuer

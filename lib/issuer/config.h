// What an operator configures for one issuer.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "lib/http/client.h"
#include "lib/http/credential_files.h"
#include "lib/jose/alg.h"
#include "lib/jwks/key_source.h"
#include "lib/jwks/refresh_rule.h"
#include "lib/token/claim_checks.h"

namespace usher::issuer {

// Plain data. An empty list never means "any". A new field ends the cached
// tokens of its issuer when it changes: see Issuer::serial().
struct Config {
  // The name in logs and metric labels. See base::IsName().
  std::string name;
  // Compared with `iss` byte for byte. An https URL.
  std::string issuer;
  std::vector<std::string> audiences;  // at least one
  jose::AlgSet algorithms = jose::DefaultAlgs();
  // Absent: the issuer has no keys, because its tokens are opaque. Nothing
  // verifies those yet, so this is an error.
  std::optional<jwks::Source> keys = jwks::Discovery{};
  // What the provider is shown when keys are fetched.
  http::CredentialPaths key_credentials = {};
  http::FetchOptions trust;
  jwks::RefreshLimits refresh;
  token::Policy policy;
  // Readiness waits for this issuer's keys.
  bool required = true;

  bool operator==(const Config&) const = default;
};

// Every error of one issuer, each led by its path:
// "issuers[1].audiences: must not be empty".
std::vector<std::string> ValidationErrors(const Config& config,
                                          std::string_view path);

// Errors between issuers: a name or an identifier that two of them have.
std::vector<std::string> ErrorsBetween(const std::vector<Config>& configs);

// OK, or kInvalidArgument with every error of these issuers, a line each.
absl::Status Validate(const std::vector<Config>& configs);

// The settings of `config` that weaken security, for the log: a sentence each.
std::vector<std::string> InsecureSettings(const Config& config,
                                          std::string_view path);

}  // namespace usher::issuer

// What an operator configures for one issuer.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "lib/http/client.h"
#include "lib/http/credentials/credential_files.h"
#include "lib/issuer/introspection.h"
#include "lib/jose/alg.h"
#include "lib/jwks/key_source.h"
#include "lib/jwks/refresh_rule.h"
#include "lib/pattern/pattern.h"
#include "lib/token/policy.h"

namespace usher::issuer {

// The tenants of a multi-tenant provider whose tokens are accepted: exactly one
// of the two rules.
struct TenantRule {
  std::optional<std::set<std::string, std::less<>>> allow;
  std::optional<pattern::Pattern> pattern;
  // The claim that names the tenant too and must agree with iss. Absent: the
  // provider has none.
  std::optional<std::string> claim;
  // The most tenants whose keys are in memory.
  size_t most = 20000;

  bool Allows(std::string_view tenant) const;
  bool operator==(const TenantRule&) const = default;
};

// Plain data. An empty list never means "any". A new field ends the cached
// tokens of its issuer when it changes: see Issuer::serial().
struct Config {
  // The name in logs and metric labels. See base::IsName().
  std::string name;
  // Compared with `iss` byte for byte. A URL if the metadata is there;
  // otherwise any text.
  std::string issuer;
  // Further texts that its tokens may have as `iss`.
  std::vector<std::string> aliases;
  // Present: `issuer` is a template (jwks::IssuerTemplate).
  std::optional<TenantRule> tenants;
  std::vector<std::string> audiences;  // at least one
  jose::AlgSet algorithms = jose::DefaultAlgs();
  // Absent: the issuer has no keys, because its tokens are opaque; then it has
  // introspection.
  std::optional<jwks::Source> keys = jwks::Discovery{};
  // What the provider is shown when keys are fetched.
  http::CredentialPaths key_credentials = {};
  // Absent: the issuer is not asked about tokens.
  std::optional<Introspection> introspection = {};
  http::FetchOptions trust;
  jwks::RefreshLimits refresh;
  token::Policy policy;
  // Readiness waits for this issuer's keys.
  bool required = true;

  bool operator==(const Config&) const = default;
};

// The issuer, or one tenant's if it is a valid template: a URL where `issuer`
// is one with a placeholder.
std::string AnyIssuerOf(const Config& config);

// Every error of one issuer, each led by its path:
// "issuers[1].audiences: must not be empty".
std::vector<std::string> ValidationErrors(const Config& config,
                                          std::string_view path);

// Errors between issuers: a name, an identifier or an alias that two have, and
// opaque tokens that could belong to two.
std::vector<std::string> ErrorsBetween(const std::vector<Config>& configs);

// OK, or kInvalidArgument with every error of these issuers, a line each.
absl::Status Validate(const std::vector<Config>& configs);

// What cannot work as the operator wants it, or only partly: a sentence each.
std::vector<std::string> Doubts(const Config& config, std::string_view path);

// The settings of `config` that weaken security, for the log: a sentence each.
std::vector<std::string> InsecureSettings(const Config& config,
                                          std::string_view path);

}  // namespace usher::issuer

#include "lib/issuer/config.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_join.h"
#include "lib/base/names.h"
#include "lib/base/text/strings.h"
#include "lib/http/proxy.h"
#include "lib/http/url_rule.h"
#include "lib/jose/key_set.h"
#include "lib/jwks/issuer_template.h"

namespace usher::issuer {
namespace {

constexpr size_t kMaxAudience = 512;
constexpr size_t kMaxIssuer = 2048;

// Collects errors below one path.
class Errors {
 public:
  explicit Errors(std::string_view path) : path_(path) {}

  void Add(std::string_view key, std::string_view error) {
    list_.push_back(base::StrCat(path_, ".", key, ": ", error));
  }
  void AddIf(bool wrong, std::string_view key, std::string_view error) {
    if (wrong) Add(key, error);
  }
  void AddUnlessOk(const absl::Status& status, std::string_view key) {
    AddIf(!status.ok(), key, base::Std(status.message()));
  }
  std::vector<std::string> Take() { return std::move(list_); }

 private:
  const std::string path_;
  std::vector<std::string> list_;
};

bool IsControl(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}
bool IsBlank(char c) { return c == ' ' || IsControl(c); }

// Errors of a text that is compared with a claim byte for byte: what a person
// cannot see there is a mistake. What they can see is any text (RFC 7519
// section 2, StringOrURI).
void CheckClaimText(const std::string& text, size_t most, std::string_view key,
                    Errors& errors) {
  if (text.empty()) return errors.Add(key, "must not be empty");
  errors.AddIf(text.size() > most, key,
               base::StrCat("must not be longer than ", most, " characters"));
  errors.AddIf(IsBlank(text.front()) || IsBlank(text.back()), key,
               "must not begin or end with a blank");
  errors.AddIf(std::any_of(text.begin(), text.end(), IsControl), key,
               "must not have a line break or another control character");
}

bool IsDiscovered(const Config& config) {
  return config.keys && std::holds_alternative<jwks::Discovery>(*config.keys);
}

// For an address that the operator configures: its host is allowed.
http::FetchOptions WithoutHosts(http::FetchOptions options) {
  options.allowed_hosts.reset();
  return options;
}

void CheckIssuer(const Config& config, Errors& errors) {
  const std::string& issuer = config.issuer;
  CheckClaimText(issuer, kMaxIssuer, "issuer", errors);
  if (issuer.empty()) return;
  if (jwks::IssuerTemplate::IsTemplate(issuer)) {
    const auto pattern = jwks::IssuerTemplate::Parse(issuer);
    errors.AddUnlessOk(pattern.status(), "issuer");
    if (!pattern.ok()) return;
    errors.AddIf(!config.tenants, "issuer",
                 "has a placeholder, so tenants must say which tenants are "
                 "accepted");
  } else {
    errors.AddIf(config.tenants.has_value(), "tenants",
                 "needs a placeholder in issuer, such as "
                 "https://login.example.com/{tenant}/v2.0");
  }
  if (!IsDiscovered(config)) return;
  const auto url =
      http::AllowedUrl(AnyIssuerOf(config), WithoutHosts(config.trust));
  if (!url.ok()) {
    errors.Add("issuer",
               base::StrCat(base::Std(url.status().message()),
                            "; any text is accepted if keys.jwks_url, "
                            "jwks_file or jwks says where its keys are"));
  }
  // OpenID Connect Core section 2: neither query nor fragment.
  errors.AddIf(issuer.find('?') != std::string::npos, "issuer",
               "must not have a query (?)");
}

void CheckAliases(const Config& config, Errors& errors) {
  errors.AddIf(config.tenants && !config.aliases.empty(), "issuer_aliases",
               "must not be combined with tenants");
  std::set<std::string_view> seen = {config.issuer};
  for (size_t i = 0; i < config.aliases.size(); ++i) {
    const std::string key = base::StrCat("issuer_aliases[", i, "]");
    const std::string& alias = config.aliases[i];
    CheckClaimText(alias, kMaxIssuer, key, errors);
    errors.AddIf(jwks::IssuerTemplate::IsTemplate(alias), key,
                 "must not have a placeholder");
    errors.AddIf(!seen.insert(alias).second, key, "is a duplicate");
  }
}

void CheckTenants(const TenantRule& rule, Errors& errors) {
  errors.AddIf(rule.allow.has_value() == rule.pattern.has_value(), "tenants",
               "must have exactly one of allow and pattern");
  if (rule.allow) {
    errors.AddIf(rule.allow->empty(), "tenants.allow", "must not be empty");
    errors.AddIf(!std::all_of(rule.allow->begin(), rule.allow->end(),
                              jwks::IssuerTemplate::IsTenant),
                 "tenants.allow", jwks::IssuerTemplate::kTenantRule);
  }
  errors.AddIf(rule.claim && rule.claim->empty(), "tenants.claim",
               "must not be empty");
}

void CheckAudiences(const std::vector<std::string>& audiences, Errors& errors) {
  errors.AddIf(audiences.empty(), "audiences", "must not be empty");
  std::set<std::string_view> seen;
  for (size_t i = 0; i < audiences.size(); ++i) {
    const std::string key = base::StrCat("audiences[", i, "]");
    CheckClaimText(audiences[i], kMaxAudience, key, errors);
    errors.AddIf(!seen.insert(audiences[i]).second, key, "is a duplicate");
  }
}

struct SourceCheck {
  const http::FetchOptions& trust;
  Errors& errors;

  void operator()(const jwks::Discovery& source) const {
    if (!source.url) return;
    errors.AddUnlessOk(
        http::AllowedUrl(*source.url, WithoutHosts(trust)).status(),
        "keys.discovery_url");
  }
  void operator()(const jwks::JwksUrl& source) const {
    errors.AddUnlessOk(
        http::AllowedUrl(source.url, WithoutHosts(trust)).status(),
        "keys.jwks_url");
  }
  void operator()(const jwks::JwksFile& source) const {
    errors.AddIf(source.path.empty(), "keys.jwks_file", "must not be empty");
  }
  void operator()(const jwks::InlineKeys& source) const {
    errors.AddUnlessOk(jose::KeySet::FromJwks(source.jwks).status(),
                       "keys.jwks");
  }
};

void CheckAllowedHosts(const Config& config, Errors& errors) {
  if (!config.trust.allowed_hosts) return;
  if (!IsDiscovered(config)) {
    return errors.Add("keys.allowed_hosts",
                      "is only for discovery: no metadata names another host "
                      "for this key set");
  }
  for (size_t i = 0; i < config.trust.allowed_hosts->size(); ++i) {
    errors.AddUnlessOk(
        http::AllowedHostOf((*config.trust.allowed_hosts)[i], config.trust)
            .status(),
        base::StrCat("keys.allowed_hosts[", i, "]"));
  }
}

void CheckKeyCredentials(const Config& config, Errors& errors) {
  const http::CredentialPaths& paths = config.key_credentials;
  if (paths.empty()) return;
  if (config.keys && !jwks::IsRemote(*config.keys)) {
    errors.Add("keys",
               "token_file, client_certificate and client_key are only for "
               "keys that are fetched from a provider");
  }
  errors.AddIf(paths.certificate && !paths.key, "keys.client_key",
               "is required with client_certificate");
  errors.AddIf(paths.key && !paths.certificate, "keys.client_certificate",
               "is required with client_key");
}

void CheckFetchOptions(const http::FetchOptions& trust, Errors& errors) {
  if (trust.ca_pem.has_value()) {
    errors.AddIf(
        trust.ca_pem->find("-----BEGIN CERTIFICATE-----") == std::string::npos,
        "ca_file", "contains no PEM certificate");
  }
  if (trust.proxy.has_value()) {
    errors.AddUnlessOk(http::Proxy::Parse(*trust.proxy).status(), "proxy");
  }
}

void CheckCredentials(const oauth::CredentialSettings& client, Errors& errors) {
  using Method = oauth::ClientAuthMethod;
  const auto needs = [&](bool needed, const std::string& file,
                         std::string_view key) {
    const std::string path = base::StrCat("introspection.", key);
    const auto method = oauth::InfoOf(client.method).name;
    errors.AddIf(needed && file.empty(), path,
                 base::StrCat("is required with auth: ", method));
    errors.AddIf(!needed && !file.empty(), path,
                 base::StrCat("is not used with auth: ", method));
  };
  const bool secret =
      client.method == Method::kBasic || client.method == Method::kPost;
  needs(secret, client.secret_file, "secret_file");
  needs(!secret, client.key_file, "key_file");
  needs(client.method == Method::kMutualTls, client.certificate_file,
        "certificate_file");
}

void CheckIntrospection(const Config& config, Errors& errors) {
  if (!config.introspection) return;
  const Introspection& introspection = *config.introspection;
  http::FetchOptions trust = config.trust;
  trust.allowed_hosts.reset();  // the operator names the address
  if (introspection.endpoint) {
    errors.AddUnlessOk(
        http::AllowedUrl(*introspection.endpoint, trust).status(),
        "introspection.endpoint");
  } else {
    errors.AddIf(!http::AllowedUrl(config.issuer, trust).ok(),
                 "introspection.endpoint",
                 "is required, because no metadata can be found at issuer: it "
                 "is not an allowed URL");
  }
  errors.AddIf(config.tenants.has_value(), "introspection",
               "must not be combined with tenants");
  CheckCredentials(introspection.client, errors);
  errors.AddIf(introspection.client.client_id.empty(),
               "introspection.client_id", "must not be empty");
  errors.AddIf(introspection.timeout < absl::Milliseconds(100) ||
                   introspection.timeout > absl::Seconds(2),
               "introspection.timeout", "must be from 100ms to 2s");
  errors.AddIf(
      !introspection.prefix.empty() && !IsOpaquePrefix(introspection.prefix),
      "introspection.prefix",
      "must be 1 to 64 characters of a bearer token (letters, digits, -._~+/) "
      "and not begin with eyJ, as JWTs do");
}

void CheckPolicy(const token::Policy& policy, Errors& errors) {
  const absl::Duration zero = absl::ZeroDuration();
  errors.AddIf(policy.clock_skew < zero || policy.clock_skew > absl::Minutes(5),
               "clock_skew", "must be from 0s to 5m");
  errors.AddIf(policy.max_lifetime <= zero, "max_lifetime",
               "must be more than 0s");
  errors.AddIf(policy.max_age.has_value() && *policy.max_age <= zero, "max_age",
               "must be more than 0s");
  errors.AddIf(policy.token_types.empty(), "token_types",
               "must not be empty (\"\" means a token without typ)");
  errors.AddIf(policy.insecure_allow_missing_iat && policy.max_age, "max_age",
               "needs iat, which insecure_allow_missing_iat waives");
  errors.AddIf(policy.audience_claim.empty(), "audience_claim",
               "must not be empty");
}

// A limit of refreshing a key set, and the span it must lie in.
struct LimitRow {
  std::string_view name;
  absl::Duration jwks::RefreshLimits::*value;
  absl::Duration least;
  absl::Duration most;
  std::string_view span;  // in words
};

const LimitRow kLimits[] = {
    {"freshness", &jwks::RefreshLimits::freshness, absl::Seconds(1),
     absl::Hours(24), "1s to 24h"},
    {"min_freshness", &jwks::RefreshLimits::min_freshness, absl::Seconds(1),
     absl::Hours(24), "1s to 24h"},
    {"max_freshness", &jwks::RefreshLimits::max_freshness, absl::Seconds(1),
     absl::Hours(24), "1s to 24h"},
    {"first_retry", &jwks::RefreshLimits::first_retry, absl::Milliseconds(100),
     absl::Minutes(1), "100ms to 1m"},
    {"last_retry", &jwks::RefreshLimits::last_retry, absl::Milliseconds(100),
     absl::Minutes(10), "100ms to 10m"},
    {"timeout", &jwks::RefreshLimits::timeout, absl::Milliseconds(100),
     absl::Minutes(1), "100ms to 1m"},
    // In each cooldown a token that any sender can make up causes one fetch.
    {"cooldown", &jwks::RefreshLimits::cooldown, absl::Seconds(1),
     absl::Minutes(10), "1s to 10m"},
    {"stale_for", &jwks::RefreshLimits::stale_for, absl::ZeroDuration(),
     absl::Hours(7 * 24), "0s to 168h"},
    {"unknown_kid_wait", &jwks::RefreshLimits::unknown_kid_wait,
     absl::ZeroDuration(), absl::Seconds(10), "0s to 10s"},
    {"issue_slack", &jwks::RefreshLimits::issue_slack, absl::ZeroDuration(),
     absl::Minutes(5), "0s to 5m"},
};

void CheckLimits(const jwks::RefreshLimits& limits, Errors& errors) {
  for (const LimitRow& row : kLimits) {
    const absl::Duration value = limits.*row.value;
    errors.AddIf(value < row.least || value > row.most,
                 base::StrCat("refresh.", row.name),
                 base::StrCat("must be from ", row.span));
  }
  errors.AddIf(limits.min_freshness > limits.max_freshness,
               "refresh.min_freshness", "must not be above max_freshness");
  errors.AddIf(limits.first_retry > limits.last_retry, "refresh.first_retry",
               "must not be above last_retry");
}

// No opaque token may be shown to two issuers, so which one it belongs to must
// be certain.
void AddOverlaps(const std::vector<Config>& configs,
                 std::vector<std::string>& errors) {
  std::optional<size_t> first_default;
  std::map<std::string_view, size_t> prefixes;
  for (size_t i = 0; i < configs.size(); ++i) {
    if (!configs[i].introspection) continue;
    const Introspection& introspection = *configs[i].introspection;
    if (introspection.is_default) {
      if (first_default) {
        errors.push_back(base::StrCat(
            "issuers[", i, "].introspection.default: issuers[", *first_default,
            "] is the default already, and a token is shown to one issuer "
            "only"));
      }
      first_default = first_default.value_or(i);
    }
    const std::string_view prefix = introspection.prefix;
    if (prefix.empty()) continue;
    // In order, a prefix stands before everything that begins with it.
    const auto next = prefixes.lower_bound(prefix);
    auto other = prefixes.end();
    if (next != prefixes.end() && DoPrefixesOverlap(next->first, prefix)) {
      other = next;
    } else if (next != prefixes.begin() &&
               DoPrefixesOverlap(std::prev(next)->first, prefix)) {
      other = std::prev(next);
    }
    if (other != prefixes.end()) {
      errors.push_back(base::StrCat(
          "issuers[", i, "].introspection.prefix: overlaps with that of ",
          "issuers[", other->second,
          "]: a token with both would belong to two issuers"));
      continue;
    }
    prefixes.emplace(prefix, i);
  }
}

}  // namespace

std::vector<std::string> ValidationErrors(const Config& config,
                                          std::string_view path) {
  Errors errors(path);
  errors.AddIf(!base::IsName(config.name), "name", base::kNameRule);
  CheckIssuer(config, errors);
  CheckAliases(config, errors);
  if (config.tenants) CheckTenants(*config.tenants, errors);
  CheckAudiences(config.audiences, errors);
  errors.AddIf(config.algorithms.empty(), "algorithms", "must not be empty");
  if (config.keys) {
    std::visit(SourceCheck{config.trust, errors}, *config.keys);
  } else {
    errors.AddIf(!config.introspection, "keys",
                 "must name a source of keys, or the issuer must have "
                 "introspection");
    errors.AddIf(config.introspection && config.introspection->always,
                 "introspection.always",
                 "is about JWTs, which need keys to be verified");
  }
  CheckIntrospection(config, errors);
  CheckKeyCredentials(config, errors);
  CheckAllowedHosts(config, errors);
  CheckFetchOptions(config.trust, errors);
  CheckPolicy(config.policy, errors);
  CheckLimits(config.refresh, errors);
  return errors.Take();
}

std::vector<std::string> Doubts(const Config& config, std::string_view path) {
  std::vector<std::string> list;
  for (size_t i = 0; i < config.audiences.size(); ++i) {
    if (config.audiences[i].find(' ') == std::string::npos) continue;
    list.push_back(base::StrCat(
        path, ".audiences[", i,
        "]: has a blank, so it is one audience of several words; several "
        "audiences are written [one, other]"));
  }
  return list;
}

std::vector<std::string> InsecureSettings(const Config& config,
                                          std::string_view path) {
  struct Row {
    bool on;
    std::string_view key;
    std::string_view effect;
  };
  const Row rows[] = {
      {config.trust.insecure_allow_private_addresses,
       "insecure_allow_private_addresses",
       "keys may be fetched from loopback, link-local and private addresses"},
      {config.trust.insecure_allow_http_loopback,
       "insecure_allow_http_loopback",
       "keys may be fetched from this machine without TLS; every program on it "
       "could answer"},
      {config.trust.insecure_allow_http, "insecure_allow_http",
       "keys may be fetched without TLS: an attacker who can change that "
       "traffic can "
       "have any token accepted"},
      {config.policy.insecure_allow_missing_iat, "insecure_allow_missing_iat",
       "tokens need not say when they were issued, so only their remaining "
       "lifetime is limited"},
      {config.policy.insecure_ignore_confirmation,
       "insecure_ignore_confirmation",
       "tokens bound to a key or certificate are accepted from any sender"},
      {config.introspection &&
           config.introspection->insecure_allow_missing_audience,
       "introspection.insecure_allow_missing_audience",
       "opaque tokens need not say which service they are for: a token that "
       "was "
       "issued for one service passes at every other"},
  };
  std::vector<std::string> list;
  for (const Row& row : rows) {
    if (row.on)
      list.push_back(base::StrCat(path, ".", row.key, ": ", row.effect));
  }
  return list;
}

bool TenantRule::Allows(std::string_view tenant) const {
  if (pattern) return pattern->Matches(tenant);
  return allow && allow->contains(tenant);
}

std::string AnyIssuerOf(const Config& config) {
  if (!config.tenants) return config.issuer;
  const auto pattern = jwks::IssuerTemplate::Parse(config.issuer);
  return pattern.ok() ? pattern->IssuerOf("tenant") : config.issuer;
}

std::vector<std::string> ErrorsBetween(const std::vector<Config>& configs) {
  std::vector<std::string> errors;
  absl::flat_hash_map<std::string, size_t> names;
  absl::flat_hash_map<std::string, size_t> issuers;
  const auto check = [&](auto& seen, const std::string& value, size_t i,
                         std::string_view key) {
    const auto [first, fresh] = seen.emplace(value, i);
    if (fresh || value.empty()) return;
    errors.push_back(base::StrCat("issuers[", i, "].", key,
                                  ": is the same as that of issuers[",
                                  first->second, "]"));
  };
  for (size_t i = 0; i < configs.size(); ++i) {
    check(names, configs[i].name, i, "name");
    // With two issuers of one identifier it would be undefined whose keys and
    // audiences apply.
    check(issuers, configs[i].issuer, i, "issuer");
    for (size_t k = 0; k < configs[i].aliases.size(); ++k) {
      check(issuers, configs[i].aliases[k], i,
            base::StrCat("issuer_aliases[", k, "]"));
    }
  }
  AddOverlaps(configs, errors);
  return errors;
}

absl::Status Validate(const std::vector<Config>& configs) {
  std::vector<std::string> errors;
  for (size_t i = 0; i < configs.size(); ++i) {
    for (std::string& error :
         ValidationErrors(configs[i], base::StrCat("issuers[", i, "]"))) {
      errors.push_back(std::move(error));
    }
  }
  for (std::string& error : ErrorsBetween(configs)) {
    errors.push_back(std::move(error));
  }
  if (errors.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrJoin(errors, "\n"));
}

}  // namespace usher::issuer

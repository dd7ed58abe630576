#include "lib/issuer/config.h"

#include <algorithm>
#include <set>

#include "absl/strings/ascii.h"
#include "lib/base/strings.h"
#include "lib/http/proxy.h"
#include "lib/http/url.h"
#include "lib/jose/key_set.h"

namespace usher::issuer {
namespace {

constexpr size_t kMaxName = 63;
constexpr size_t kMaxAudience = 512;

bool IsNameCharacter(char c) {
  return absl::ascii_islower(c) || absl::ascii_isdigit(c) || c == '-' ||
         c == '_';
}

// Gathers faults below one path.
class Faults {
 public:
  explicit Faults(std::string_view path) : path_(path) {}

  void Add(std::string_view key, std::string_view fault) {
    list_.push_back(base::StrCat(path_, ".", key, ": ", fault));
  }
  void AddIf(bool wrong, std::string_view key, std::string_view fault) {
    if (wrong) Add(key, fault);
  }
  void AddUnlessOk(const absl::Status& status, std::string_view key) {
    AddIf(!status.ok(), key, base::Std(status.message()));
  }
  std::vector<std::string> Take() { return std::move(list_); }

 private:
  const std::string path_;
  std::vector<std::string> list_;
};

void CheckName(const std::string& name, Faults& faults) {
  if (name.empty()) return faults.Add("name", "must not be empty");
  faults.AddIf(
      name.size() > kMaxName, "name",
      base::StrCat("must not be longer than ", kMaxName, " characters"));
  faults.AddIf(!std::all_of(name.begin(), name.end(), IsNameCharacter), "name",
               "may only hold a to z, 0 to 9, - and _");
}

void CheckIssuer(const std::string& issuer, Faults& faults) {
  if (issuer.empty()) return faults.Add("issuer", "must not be empty");
  // OpenID Connect Core section 2: neither query nor fragment.
  faults.AddUnlessOk(http::Url::Parse(issuer).status(), "issuer");
  faults.AddIf(issuer.find('?') != std::string::npos, "issuer",
               "must not have a query (?)");
}

void CheckAudiences(const std::vector<std::string>& audiences, Faults& faults) {
  faults.AddIf(audiences.empty(), "audiences", "must not be empty");
  std::set<std::string_view> seen;
  for (size_t i = 0; i < audiences.size(); ++i) {
    const std::string key = base::StrCat("audiences[", i, "]");
    faults.AddIf(audiences[i].empty(), key, "must not be empty");
    faults.AddIf(
        audiences[i].size() > kMaxAudience, key,
        base::StrCat("must not be longer than ", kMaxAudience, " characters"));
    faults.AddIf(!seen.insert(audiences[i]).second, key, "is said twice");
  }
}

struct SourceCheck {
  Faults& faults;

  void operator()(const jwks::Discovery&) const {}
  void operator()(const jwks::JwksUrl& source) const {
    faults.AddUnlessOk(http::Url::Parse(source.url).status(), "keys.jwks_url");
  }
  void operator()(const jwks::JwksFile& source) const {
    faults.AddIf(source.path.empty(), "keys.jwks_file", "must not be empty");
  }
  void operator()(const jwks::InlineKeys& source) const {
    faults.AddUnlessOk(jose::KeySet::FromJwks(source.jwks).status(),
                       "keys.jwks");
  }
};

void CheckTrust(const http::FetchOptions& trust, Faults& faults) {
  if (trust.ca_pem.has_value()) {
    faults.AddIf(
        trust.ca_pem->find("-----BEGIN CERTIFICATE-----") == std::string::npos,
        "ca_file", "holds no PEM certificate");
  }
  if (trust.proxy.has_value()) {
    faults.AddUnlessOk(http::Proxy::Parse(*trust.proxy).status(), "proxy");
  }
}

void CheckPolicy(const token::Policy& policy, Faults& faults) {
  const absl::Duration zero = absl::ZeroDuration();
  faults.AddIf(policy.clock_skew < zero || policy.clock_skew > absl::Minutes(5),
               "clock_skew", "must be from 0s to 5m");
  faults.AddIf(policy.max_lifetime <= zero, "max_lifetime",
               "must be more than 0s");
  faults.AddIf(policy.max_age.has_value() && *policy.max_age <= zero, "max_age",
               "must be more than 0s");
  faults.AddIf(policy.token_types.empty(), "token_types",
               "must not be empty (\"\" stands for a token without typ)");
  faults.AddIf(policy.audience_claim.empty(), "audience_claim",
               "must not be empty");
}

// A limit of the key set's refreshing and the span it must lie in.
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
    // Each end of a cooldown lets anybody who sends an unknown kid cause one
    // request to the provider.
    {"cooldown", &jwks::RefreshLimits::cooldown, absl::Seconds(1),
     absl::Minutes(10), "1s to 10m"},
    {"stale_for", &jwks::RefreshLimits::stale_for, absl::ZeroDuration(),
     absl::Hours(7 * 24), "0s to 168h"},
    {"unknown_kid_wait", &jwks::RefreshLimits::unknown_kid_wait,
     absl::ZeroDuration(), absl::Seconds(10), "0s to 10s"},
    {"issue_slack", &jwks::RefreshLimits::issue_slack, absl::ZeroDuration(),
     absl::Minutes(5), "0s to 5m"},
};

void CheckLimits(const jwks::RefreshLimits& limits, Faults& faults) {
  for (const LimitRow& row : kLimits) {
    const absl::Duration value = limits.*row.value;
    faults.AddIf(value < row.least || value > row.most,
                 base::StrCat("refresh.", row.name),
                 base::StrCat("must be from ", row.span));
  }
  faults.AddIf(limits.min_freshness > limits.max_freshness,
               "refresh.min_freshness", "must not be above max_freshness");
  faults.AddIf(limits.first_retry > limits.last_retry, "refresh.first_retry",
               "must not be above last_retry");
}

}  // namespace

std::vector<std::string> FaultsIn(const Config& config, std::string_view path) {
  Faults faults(path);
  CheckName(config.name, faults);
  CheckIssuer(config.issuer, faults);
  CheckAudiences(config.audiences, faults);
  faults.AddIf(config.algorithms.empty(), "algorithms", "must not be empty");
  std::visit(SourceCheck{faults}, config.keys);
  CheckTrust(config.trust, faults);
  CheckPolicy(config.policy, faults);
  CheckLimits(config.refresh, faults);
  return faults.Take();
}

std::vector<std::string> LooseningsIn(const Config& config,
                                      std::string_view path) {
  std::vector<std::string> list;
  if (config.trust.insecure_allow_private_addresses) {
    list.push_back(base::StrCat(
        path,
        ".insecure_allow_private_addresses: keys may be fetched from loopback, "
        "link-local and private addresses"));
  }
  if (config.policy.insecure_ignore_confirmation) {
    list.push_back(base::StrCat(
        path,
        ".insecure_ignore_confirmation: tokens bound to a key or certificate "
        "are taken from anybody who holds them"));
  }
  return list;
}

}  // namespace usher::issuer

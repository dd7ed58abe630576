#include "lib/config/cross_checks.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/ascii.h"
#include "lib/base/names.h"
#include "lib/base/net/listen_address.h"
#include "lib/config/fields.h"
#include "lib/config/memory_plan.h"
#include "lib/http/address_policy.h"
#include "lib/http/url_rule.h"
#include "lib/yaml/did_you_mean.h"

namespace usher::config {
namespace {

using yaml::Report;

using TextSet =
    absl::flat_hash_set<std::string_view, base::StringHash, std::equal_to<>>;
using TextIndex =
    absl::flat_hash_map<std::string, size_t, base::StringHash, std::equal_to<>>;

struct Listener {
  std::string_view path;
  const std::string& text;
};

// Whether only this machine can reach it. True for invalid addresses, which
// have their own error.
bool IsLocal(const std::string& listen) {
  const auto address = base::ListenAddress::Parse(listen);
  return !address || address->IsLocal();
}

void CheckCollisions(const Config& config, Report& report) {
  std::vector<Listener> listeners = {
      {"listen", config.listen},
      {"admin.listen", config.admin_listen},
      {"metrics.listen", config.metrics_listen},
  };
  if (config.status_page_enabled) {
    listeners.push_back({"status_page.listen", config.status_page_listen});
  }
  for (size_t i = 0; i < listeners.size(); ++i) {
    for (size_t j = 0; j < i; ++j) {
      const auto one = base::ListenAddress::Parse(listeners[i].text);
      const auto other = base::ListenAddress::Parse(listeners[j].text);
      if (!one || !other || !one->Collides(*other)) continue;
      report.AddCheckError(
          listeners[i].path,
          base::StrCat("uses the same port or path as ", listeners[j].path));
    }
  }
}

// The TokenService listener: who can reach it, and how they are authenticated.
void CheckListen(const Config& config, Report& report) {
  const bool local = IsLocal(config.listen);
  const bool verifies_clients = config.tls && config.tls->client_ca;
  if (!local && !config.tls && !config.insecure_allow_plaintext) {
    report.AddCheckError(
        "listen",
        "other machines can reach this address, so tls is required "
        "(or insecure_allow_plaintext: true)");
  }
  if (config.insecure_allow_anonymous_callers) return;
  if (!local && config.callers.empty()) {
    report.AddCheckError(
        "callers",
        "other machines can reach listen, so callers are required "
        "(or insecure_allow_anonymous_callers: true)");
  }
  if (!config.callers.empty() && !verifies_clients) {
    report.AddCheckError(
        "callers",
        "are identified by their certificates, so tls.client_ca is "
        "required (or insecure_allow_anonymous_callers: true)");
  }
}

void CheckRevocation(const std::string& path, const std::optional<Tls>& tls,
                     Report& report) {
  if (!tls) return;
  if (tls->client_crl && !tls->client_ca) {
    report.AddCheckError(
        path + ".client_crl",
        base::StrCat("needs ", path, ".client_ca, which signs the lists"));
  }
  if (tls->client_crl_required && !tls->client_crl) {
    report.AddCheckError(path + ".client_crl_required",
                         base::StrCat("needs ", path, ".client_crl"));
  }
}

void CheckAdmin(const Config& config, Report& report) {
  const bool mutual = config.admin_tls && config.admin_tls->client_ca;
  if (IsLocal(config.admin_listen) || mutual) return;
  if (config.insecure_allow_remote_admin) return;
  report.AddCheckError(
      "admin.listen",
      "other machines can reach this address, so admin.tls with "
      "client_ca is required (or insecure_allow_remote_admin: true)");
}

void CheckStatusPage(const Config& config, Report& report) {
  if (!config.status_page_enabled) return;
  if (IsLocal(config.status_page_listen)) return;
  if (config.insecure_allow_remote_status_page) return;
  report.AddCheckError(
      "status_page.listen",
      "other machines can reach this address, and the page has no "
      "authentication (to allow it: "
      "insecure_allow_remote_status_page: true)");
}

// The HTTP server does not support Unix sockets.
void CheckHttp(const Listener& listener, Report& report) {
  const auto address = base::ListenAddress::Parse(listener.text);
  if (!address || !address->unix_path) return;
  report.AddCheckError(listener.path, "must be IP:PORT or localhost:PORT");
}

// Adds an error if an earlier caller has the same `text`.
void CheckUnique(const std::string& path, std::string_view text, size_t index,
                 TextIndex& seen, Report& report) {
  if (text.empty()) return;
  const auto [first, inserted] = seen.emplace(text, index);
  if (inserted) return;
  report.AddCheckError(
      path, base::StrCat("duplicate of callers[", first->second, "]"));
}

// A certificate's name as it is compared: DNS names do not differ by case
// (RFC 5280, section 7.2). A common name does, but the two kinds share a key.
std::string ComparedName(std::string_view name) {
  const bool is_uri = name.find("://") != std::string_view::npos;
  return is_uri ? std::string(name) : absl::AsciiStrToLower(base::Absl(name));
}

// A name that could never match, or that looks as if it matched more than one.
void CheckCertificateName(const std::string& path, std::string_view name,
                          Report& report) {
  const bool is_uri = name.find("://") != std::string_view::npos;
  if (!is_uri && name.find('*') != std::string_view::npos) {
    report.AddCheckError(path, "must be a whole name: wildcards match nothing");
  }
  if (std::ranges::any_of(
          name, [](unsigned char c) { return c < 0x20 || c == 0x7f; })) {
    report.AddCheckError(path, "must not contain control characters");
  }
}

void CheckCallers(const Config& config, Report& report) {
  TextSet known;
  for (const issuer::Config& issuer : config.issuers) {
    known.insert(issuer.audiences.begin(), issuer.audiences.end());
  }
  const std::vector<std::string_view> candidates(known.begin(), known.end());
  TextIndex names;
  TextIndex certificates;
  for (size_t i = 0; i < config.callers.size(); ++i) {
    const ClientService& caller = config.callers[i];
    const std::string path = base::StrCat("callers[", i, "]");
    if (!base::IsName(caller.name)) {
      report.AddCheckError(path + ".name", base::kNameRule);
    }
    CheckUnique(path + ".name", caller.name, i, names, report);
    CheckCertificateName(path + ".certificate", caller.certificate, report);
    CheckUnique(path + ".certificate", ComparedName(caller.certificate), i,
                certificates, report);
    for (size_t j = 0; j < caller.audiences.size(); ++j) {
      const std::string& audience = caller.audiences[j];
      if (known.contains(audience) || report.full()) continue;
      report.AddCheckError(
          base::StrCat(path, ".audiences[", j, "]"),
          base::StrCat("is not an audience of any issuer",
                       yaml::DidYouMean(audience, candidates)));
    }
  }
}

// Warns of a literal IP address that the HTTP client will refuse. A name can
// only be checked when it is resolved.
void WarnOfBlockedAddress(const issuer::Config& issuer, const std::string& path,
                          Report& report) {
  if (!issuer.keys) return;
  http::FetchOptions trust = issuer.trust;
  trust.allowed_hosts.reset();  // the operator names this address
  if (trust.insecure_allow_private_addresses || trust.proxy) return;
  if (!jwks::IsRemote(*issuer.keys)) return;
  std::string asked = issuer::AnyIssuerOf(issuer);
  std::string_view key = ".issuer";
  if (const auto* source = std::get_if<jwks::JwksUrl>(&*issuer.keys)) {
    asked = source->url;
    key = ".keys.jwks_url";
  }
  if (const auto* source = std::get_if<jwks::Discovery>(&*issuer.keys);
      source && source->url) {
    asked = *source->url;
    key = ".keys.discovery_url";
  }
  const auto url = http::AllowedUrl(asked, trust);
  if (!url.ok()) return;
  const bool loopback = http::IsLoopbackHost(url->host());
  if (loopback && url->is_plain() && trust.insecure_allow_http_loopback) return;
  const auto address = base::IpAddress::Parse(url->host());
  auto kind = address ? http::WhyNotPublic(*address) : std::nullopt;
  if (loopback) kind = "a loopback address";
  if (!kind) return;
  report.AddWarning(base::StrCat(path, key),
                    base::StrCat("is at ", *kind,
                                 ", so its keys cannot be fetched without "
                                 "insecure_allow_private_addresses: true"));
}

void CheckIssuers(const Config& config, Report& report) {
  for (size_t i = 0; i < config.issuers.size(); ++i) {
    const std::string path = base::StrCat("issuers[", i, "]");
    for (const std::string& error :
         issuer::ValidationErrors(config.issuers[i], path)) {
      report.AddCheckError(error);
    }
    for (std::string& warning :
         issuer::InsecureSettings(config.issuers[i], path)) {
      report.AddWarning(std::move(warning));
    }
    for (std::string& doubt : issuer::Doubts(config.issuers[i], path)) {
      report.AddWarning(std::move(doubt));
    }
    WarnOfBlockedAddress(config.issuers[i], path, report);
  }
  for (const std::string& error : issuer::ErrorsBetween(config.issuers)) {
    report.AddCheckError(error);
  }
}

void CheckMemory(const Config& config, Report& report) {
  if (!config.limits.memory) return;
  const MemoryPlan plan = PlanMemory(*config.limits.memory, config.token_cache,
                                     AnswerCacheBytes(config.issuers));
  if (plan.Fits()) return;
  constexpr size_t kMiB = size_t{1} << 20;
  report.AddCheckError(
      "limits.memory",
      base::StrCat("must be at least ", (plan.Sum() + kMiB - 1) / kMiB,
                   "MiB with this token_cache.bytes: raise it, or lower the "
                   "cache's"));
}

// Warns of the service's own insecure_* settings, with their descriptions.
// Those of issuers are in lib/issuer.
void WarnOfInsecureSettings(const Config& config, Report& report) {
  const Config defaults;
  for (const yaml::Field<Config>& field : ServiceFields()) {
    if (!yaml::IsInsecure(field.name)) continue;
    yaml::Changes set;
    field.compare(field, "", std::nullopt, defaults, config, set);
    if (!set.empty()) report.AddWarning(field.name, field.description);
  }
}

}  // namespace

std::vector<std::string> NotesOn(const Config& config) {
  constexpr size_t kMostNamed = 5;
  std::vector<std::string_view> names;
  for (const issuer::Config& issuer : config.issuers) {
    if (!issuer.policy.CanTellAccessTokens()) names.push_back(issuer.name);
  }
  if (names.empty()) return {};
  const size_t named = std::min(names.size(), kMostNamed);
  const size_t more = names.size() - named;
  names.resize(named);
  return {base::StrCat(
      "of ", base::Join(names, ", "),
      more > 0 ? base::StrCat(" and ", more, " more issuers") : std::string(),
      ", an ID token without nonce and at_hash is accepted as an access token "
      "if it has the audience: nothing says what identifies an access token. "
      "Set access_token (see docs/tokens.md)")};
}

void CrossCheck(const Config& config, Report& report) {
  CheckListen(config, report);
  CheckRevocation("tls", config.tls, report);
  CheckRevocation("admin.tls", config.admin_tls, report);
  CheckAdmin(config, report);
  CheckStatusPage(config, report);
  CheckHttp({"metrics.listen", config.metrics_listen}, report);
  CheckHttp({"status_page.listen", config.status_page_listen}, report);
  CheckCollisions(config, report);
  CheckIssuers(config, report);
  CheckCallers(config, report);
  CheckMemory(config, report);
  WarnOfInsecureSettings(config, report);
}

}  // namespace usher::config

#include "lib/config/checks.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "lib/config/listen_address.h"
#include "lib/config/nearest.h"
#include "lib/config/schema.h"
#include "lib/http/address_policy.h"
#include "lib/http/url.h"

namespace usher::config {
namespace {

using TextSet =
    absl::flat_hash_set<std::string_view, base::StringHash, std::equal_to<>>;
using TextIndex = absl::flat_hash_map<std::string_view, size_t,
                                      base::StringHash, std::equal_to<>>;

struct Listener {
  std::string_view path;
  const std::string& text;
};

// Whether only this machine can reach it; what cannot be read has had its
// fault.
bool IsLocal(const std::string& listen) {
  const auto address = ListenAddress::Parse(listen);
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
      const auto one = ListenAddress::Parse(listeners[i].text);
      const auto other = ListenAddress::Parse(listeners[j].text);
      if (!one || !other || !one->Collides(*other)) continue;
      report.Later(listeners[i].path,
                   base::StrCat("is already taken by ", listeners[j].path));
    }
  }
}

// Who can reach `listen`, and how it knows them.
void CheckDoor(const Config& config, Report& report) {
  const bool local = IsLocal(config.listen);
  const bool knows_callers = config.tls && config.tls->client_ca;
  if (!local && !config.tls && !config.insecure_allow_plaintext) {
    report.Later("listen",
                 "other machines can reach this address, so it needs tls (or, "
                 "knowingly, insecure_allow_plaintext: true)");
  }
  if (config.insecure_allow_anonymous_callers) return;
  if (!local && config.callers.empty()) {
    report.Later("callers",
                 "other machines can reach listen, so it must say who may ask "
                 "(or, knowingly, insecure_allow_anonymous_callers: true)");
  }
  if (!config.callers.empty() && !knows_callers) {
    report.Later("callers",
                 "are told by their certificates, so tls.client_ca is needed "
                 "(or, knowingly, insecure_allow_anonymous_callers: true)");
  }
}

void CheckAdmin(const Config& config, Report& report) {
  const bool mutual = config.admin_tls && config.admin_tls->client_ca;
  if (IsLocal(config.admin_listen) || mutual) return;
  if (config.insecure_allow_remote_admin) return;
  report.Later("admin.listen",
               "other machines can reach this address, so it needs admin.tls "
               "with client_ca (or, knowingly, insecure_allow_remote_admin: "
               "true)");
}

void CheckStatusPage(const Config& config, Report& report) {
  if (!config.status_page_enabled) return;
  if (IsLocal(config.status_page_listen)) return;
  if (config.insecure_allow_remote_status_page) return;
  report.Later("status_page.listen",
               "other machines can reach this address, and the page asks "
               "nobody who they are (if you must, knowingly, "
               "insecure_allow_remote_status_page: true)");
}

// The HTTP server knows no Unix sockets.
void CheckHttp(const Listener& listener, Report& report) {
  const auto address = ListenAddress::Parse(listener.text);
  if (!address || !address->unix_path) return;
  report.Later(listener.path, "must be IP:PORT or localhost:PORT");
}

bool IsName(std::string_view name) {
  return !name.empty() && name.size() <= 63 &&
         std::ranges::all_of(name, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                  c == '_' || c == '-';
         });
}

// A fault if an earlier caller has the same `text`.
void CheckUnique(const std::string& path, std::string_view text, size_t index,
                 TextIndex& seen, Report& report) {
  if (text.empty()) return;
  const auto [first, inserted] = seen.emplace(text, index);
  if (inserted) return;
  report.Later(path, base::StrCat("is the same as that of callers[",
                                  first->second, "]"));
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
    if (!IsName(caller.name)) {
      report.Later(path + ".name",
                   "must be 1 to 63 characters of a-z, 0-9, _ and -");
    }
    CheckUnique(path + ".name", caller.name, i, names, report);
    CheckUnique(path + ".certificate", caller.certificate, i, certificates,
                report);
    for (size_t j = 0; j < caller.audiences.size(); ++j) {
      const std::string& audience = caller.audiences[j];
      if (known.contains(audience) || report.full()) continue;
      report.Later(base::StrCat(path, ".audiences[", j, "]"),
                   base::StrCat("is no issuer's audience",
                                DidYouMean(audience, candidates)));
    }
  }
}

// An address that is written out can be judged before anything is fetched; a
// name only when it is looked up.
void WarnOfRefusedAddress(const issuer::Config& issuer, const std::string& path,
                          Report& report) {
  if (!issuer.keys) return;
  const auto* named = std::get_if<jwks::JwksUrl>(&*issuer.keys);
  const bool discovered = std::holds_alternative<jwks::Discovery>(*issuer.keys);
  const http::FetchOptions& trust = issuer.trust;
  if (trust.insecure_allow_private_addresses || trust.proxy) return;
  if (!named && !discovered) return;
  const auto url = http::Url::Parse(named ? named->url : issuer.issuer);
  if (!url.ok()) return;
  const auto address = http::IpAddress::Parse(url->host());
  const auto what = address ? http::WhyNotPublic(*address) : std::nullopt;
  if (!what) return;
  report.Warn(path + (named ? ".keys.jwks_url" : ".issuer"),
              base::StrCat("is at ", *what,
                           ", so its keys cannot be fetched without "
                           "insecure_allow_private_addresses: true"));
}

void CheckIssuers(const Config& config, Report& report) {
  for (size_t i = 0; i < config.issuers.size(); ++i) {
    const std::string path = base::StrCat("issuers[", i, "]");
    for (const std::string& fault :
         issuer::ValidationErrors(config.issuers[i], path)) {
      report.Later(fault);
    }
    for (std::string& warning :
         issuer::InsecureSettings(config.issuers[i], path)) {
      report.Warn(std::move(warning));
    }
    WarnOfRefusedAddress(config.issuers[i], path, report);
  }
  for (const std::string& fault : issuer::ErrorsBetween(config.issuers)) {
    report.Later(fault);
  }
}

// The service's own switches that loosen security, in the words of the table.
void WarnOfLoosenings(const Config& config, Report& report) {
  struct Loud {
    std::string_view name;
    bool Config::*on;
  };
  constexpr auto kLoud = std::to_array<Loud>({
      {"insecure_allow_plaintext", &Config::insecure_allow_plaintext},
      {"insecure_allow_anonymous_callers",
       &Config::insecure_allow_anonymous_callers},
      {"insecure_allow_remote_admin", &Config::insecure_allow_remote_admin},
      {"insecure_allow_remote_status_page",
       &Config::insecure_allow_remote_status_page},
  });
  for (const Loud& loud : kLoud) {
    const auto key =
        std::ranges::find(ServiceKeys(), loud.name, &Key<Config>::name);
    if (config.*loud.on) report.Warn(key->name, key->meaning);
  }
}

}  // namespace

void CheckWhole(const Config& config, Report& report) {
  CheckDoor(config, report);
  CheckAdmin(config, report);
  CheckStatusPage(config, report);
  CheckHttp({"metrics.listen", config.metrics_listen}, report);
  CheckHttp({"status_page.listen", config.status_page_listen}, report);
  CheckCollisions(config, report);
  CheckIssuers(config, report);
  CheckCallers(config, report);
  WarnOfLoosenings(config, report);
}

}  // namespace usher::config

#include "lib/config/key_pairs.h"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

#include "lib/base/text/strings.h"
#include "lib/http/credentials/key_pair.h"
#include "lib/oauth/credentials.h"

namespace usher::config {
namespace {

using yaml::Files;
using yaml::Report;

// A file, and the setting that names it.
struct Source {
  std::string setting;
  const std::string& path;
};

// Absent if it cannot be read, which has its own error.
std::optional<std::string> Read(const Source& source, Files& files) {
  const auto& content = files.Read(source.path, Files::Use::kCheck);
  if (!content.ok()) return std::nullopt;
  return *content;
}

void CheckPair(const Source& certificate, const Source& key,
               std::optional<absl::Time> now, Files& files, Report& report) {
  const auto chain = Read(certificate, files);
  const auto private_key = Read(key, files);
  if (!chain || !private_key) return;
  for (const http::KeyPairProblem& problem :
       http::ProblemsOf(*chain, *private_key, now)) {
    const bool of_key = problem.file == http::KeyPairProblem::File::kKey;
    const Source& source = of_key ? key : certificate;
    const std::string text = base::StrCat(source.path, ": ", problem.text);
    if (problem.is_error) {
      report.AddCheckError(source.setting, text);
    } else {
      report.AddWarning(source.setting, text);
    }
  }
}

void CheckTls(std::string_view setting, const std::optional<Tls>& tls,
              const std::optional<Tls>* running, absl::Time now, Files& files,
              Report& report) {
  if (!tls || (running && *running == tls)) return;
  CheckPair({base::StrCat(setting, ".certificate"), tls->certificate},
            {base::StrCat(setting, ".private_key"), tls->private_key}, now,
            files, report);
  if (!tls->client_ca) return;
  const Source ca = {base::StrCat(setting, ".client_ca"), *tls->client_ca};
  const auto pem = Read(ca, files);
  if (!pem) return;
  if (const auto why = http::ProblemOfAuthorities(*pem)) {
    report.AddCheckError(ca.setting, base::StrCat(ca.path, ": ", *why));
  }
}

// The files are judged by what will use them.
void CheckClient(const std::string& path,
                 const oauth::CredentialSettings& shown, absl::Time now,
                 Files& files, Report& report) {
  const bool with_secret = shown.key_file.empty();
  const Source file = {
      base::StrCat(path, with_secret ? ".secret_file" : ".key_file"),
      with_secret ? shown.secret_file : shown.key_file};
  if (file.path.empty() || !Read(file, files)) return;
  const auto client = oauth::Credentials(shown).Current(now);
  if (!client.ok()) {
    report.AddCheckError(file.setting, base::Std(client.status().message()));
  }
}

void CheckIntrospection(size_t i, const issuer::Config& issuer,
                        const Config* running, absl::Time now, Files& files,
                        Report& report) {
  if (!issuer.introspection) return;
  const oauth::CredentialSettings& shown = issuer.introspection->client;
  const bool runs =
      running && std::ranges::any_of(running->issuers, [&](const auto& one) {
        return one.introspection && one.introspection->client == shown;
      });
  if (runs) return;
  const std::string path = base::StrCat("issuers[", i, "].introspection");
  if (shown.certificate_file.empty() || shown.key_file.empty()) {
    return CheckClient(path, shown, now, files, report);
  }
  CheckPair({base::StrCat(path, ".certificate_file"), shown.certificate_file},
            {base::StrCat(path, ".key_file"), shown.key_file}, std::nullopt,
            files, report);
}

}  // namespace

void CheckKeyPairs(const Config& config, const Config* running, absl::Time now,
                   Files& files, Report& report) {
  CheckTls("tls", config.tls, running ? &running->tls : nullptr, now, files,
           report);
  CheckTls("admin.tls", config.admin_tls,
           running ? &running->admin_tls : nullptr, now, files, report);
  for (size_t i = 0; i < config.issuers.size(); ++i) {
    CheckIntrospection(i, config.issuers[i], running, now, files, report);
    const http::CredentialPaths& shown = config.issuers[i].key_credentials;
    if (!shown.certificate || !shown.key) continue;
    const bool runs =
        running && std::ranges::any_of(running->issuers, [&](const auto& one) {
          return one.key_credentials == shown;
        });
    if (runs) continue;
    const std::string keys = base::StrCat("issuers[", i, "].keys");
    CheckPair({base::StrCat(keys, ".client_certificate"), *shown.certificate},
              {base::StrCat(keys, ".client_key"), *shown.key}, std::nullopt,
              files, report);
  }
}

}  // namespace usher::config

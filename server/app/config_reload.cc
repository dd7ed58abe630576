#include "server/app/config_reload.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <set>
#include <span>
#include <utility>

#include "lib/base/strings.h"
#include "server/net/sd_notify.h"

namespace usher::server {
namespace {

using base::LogLevel;

// Paths in a line of the log; it says how many more there are.
constexpr size_t kMostPaths = 50;

void AddPaths(std::string_view name, const std::vector<std::string>& paths,
              base::JsonObject& line) {
  if (paths.empty()) return;
  const size_t shown = std::min(paths.size(), kMostPaths);
  line.Add(name, std::span(paths).first(shown));
  if (paths.size() > shown) {
    line.Add(base::StrCat(name, "_left_out"), paths.size() - shown);
  }
}

void TellOfTheBeginning() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  const auto microseconds =
      std::chrono::duration_cast<std::chrono::microseconds>(now).count();
  NotifyServiceManager(
      base::StrCat("RELOADING=1\nMONOTONIC_USEC=", microseconds));
}

// Files whose change is one of the configuration; all of them where it has
// faults, which another file's text may mend.
std::vector<yaml::FileRead> ToFollow(std::vector<yaml::FileRead> files,
                                     bool faulty) {
  if (!faulty) {
    std::erase_if(files, [](const auto& file) { return !file.is_stored; });
  }
  return files;
}

}  // namespace

Reload::Reload(Parts parts, std::string path, std::vector<yaml::FileRead> files)
    : parts_(parts), path_(std::move(path)) {
  watch_.Follow(ToFollow(std::move(files), /*faulty=*/false));
}

void Reload::Now() {
  const base::MutexLock lock(mutex_);
  Take("signal");
}

void Reload::Look() {
  const base::MutexLock lock(mutex_);
  if (watch_.Look()) Take("file");
}

void Reload::Take(std::string_view cause) {
  TellOfTheBeginning();
  std::shared_ptr<const config::Config> config;
  std::shared_ptr<const issuer::Registry> issuers;
  std::vector<std::string> warnings;
  {
    const auto running = parts_.active_config.Read();
    config = running->config;
    issuers = running->issuers;
    warnings = running->warnings;
  }
  config::Reloaded read = config::Reload(path_, *config);
  const bool faulty = !read.loaded.config;
  watch_.Follow(ToFollow(std::move(read.loaded.files), faulty));
  if (faulty) {
    Refuse(cause, read.loaded.errors);
  } else {
    Apply(cause, std::move(read), *issuers, warnings);
  }
  NotifyServiceManager(faulty ? "READY=1\nSTATUS=The changed configuration was "
                                "refused; the one before is in force."
                              : "READY=1\nSTATUS=");
}

void Reload::Refuse(std::string_view cause,
                    const std::vector<std::string>& faults) {
  parts_.reloads.OnRefused(faults.size());
  for (const std::string& fault : faults) {
    parts_.log.Write(LogLevel::kError, "configuration_fault",
                     [&](base::JsonObject& line) { line.Add("fault", fault); });
  }
  parts_.log.Write(LogLevel::kError, "configuration_refused",
                   [&](base::JsonObject& line) {
                     line.Add("cause", cause)
                         .Add("file", path_)
                         .Add("faults", faults.size());
                   });
}

void Reload::Apply(std::string_view cause, config::Reloaded read,
                   const issuer::Registry& issuers,
                   const std::vector<std::string>& last_warnings) {
  auto config =
      std::make_shared<const config::Config>(*std::move(read.loaded.config));
  // Keys can arrive while the issuers are made, and requests that began before
  // are judged by those that go: until the switch both are counted.
  const std::vector<std::string> names = IssuerNames(*config);
  std::vector<std::string> both = names;
  for (const auto& issuer : issuers.issuers()) {
    both.push_back(issuer->config().name);
  }
  parts_.counters.Follow(both);
  const std::set<std::string> known(last_warnings.begin(), last_warnings.end());
  for (const std::string& warning : read.loaded.warnings) {
    if (known.contains(warning)) continue;
    parts_.log.Write(
        LogLevel::kWarning, "insecure",
        [&](base::JsonObject& line) { line.Add("warning", warning); });
  }
  parts_.engine.Reload(config->issuers);
  auto next =
      MakeActiveConfig(config, std::move(read.loaded.warnings), parts_.engine);
  const uint64_t generation = next->issuers->generation();
  parts_.active_config.Publish(std::move(next));
  parts_.log.SetLevel(config->log_level);
  parts_.counters.Follow(names);
  parts_.key_fetch_log.Follow(names);
  parts_.reloads.OnTaken(parts_.engine.clock().Now(), read.changes.at_restart);
  Tell(cause, generation, read.changes);
}

void Reload::Tell(std::string_view cause, uint64_t generation,
                  const yaml::Changes& changes) {
  parts_.log.Write(LogLevel::kInfo, "configuration_taken",
                   [&](base::JsonObject& line) {
                     line.Add("cause", cause).Add("generation", generation);
                     AddPaths("added", changes.added, line);
                     AddPaths("removed", changes.removed, line);
                     AddPaths("changed", changes.changed, line);
                   });
  if (changes.at_restart.empty()) return;
  parts_.log.Write(LogLevel::kWarning, "restart_needed",
                   [&](base::JsonObject& line) {
                     AddPaths("keys", changes.at_restart, line);
                   });
}

}  // namespace usher::server

#include "server/app/config_reload.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <set>
#include <span>
#include <utility>

#include "lib/base/text/strings.h"
#include "lib/yaml/file_changes.h"
#include "server/net/sd_notify.h"

namespace usher::server {
namespace {

using base::LogLevel;

// Most paths in a log line; the line says how many more there are.
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

void NotifyReloading() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  const auto microseconds =
      std::chrono::duration_cast<std::chrono::microseconds>(now).count();
  NotifyServiceManager(
      base::StrCat("RELOADING=1\nMONOTONIC_USEC=", microseconds));
}

}  // namespace

Reload::Reload(Deps deps, std::string path, std::vector<yaml::FileRead> files)
    : deps_(deps), path_(std::move(path)) {
  const base::MutexLock lock(mutex_);
  Watch(std::move(files), /*has_errors=*/false);
}

void Reload::Watch(std::vector<yaml::FileRead> files, bool has_errors) {
  watched_ = yaml::FilesToWatch(std::move(files), has_errors);
  watch_.SetInUse(yaml::ContentsRead(watched_));
}

void Reload::ApplyNow() {
  const base::MutexLock lock(mutex_);
  ReadAndApply("signal");
}

void Reload::Poll() {
  const base::MutexLock lock(mutex_);
  if (watch_.Poll(yaml::CurrentContents(watched_))) ReadAndApply("file");
}

void Reload::ReadAndApply(std::string_view cause) {
  NotifyReloading();
  std::shared_ptr<const config::Config> config;
  std::shared_ptr<const issuer::Registry> issuers;
  std::vector<std::string> warnings;
  {
    const auto running = deps_.active_config.Read();
    config = running->config;
    issuers = running->issuers;
    warnings = running->warnings;
  }
  config::Reloaded read = config::Reload(path_, *config);
  const bool has_errors = !read.loaded.config;
  Watch(std::move(read.loaded.files), has_errors);
  if (has_errors) {
    Refuse(cause, read.loaded.errors);
  } else {
    Apply(cause, std::move(read), *issuers, warnings);
  }
  NotifyServiceManager(has_errors
                           ? "READY=1\nSTATUS=The changed configuration was "
                             "refused; the previous one stays active."
                           : "READY=1\nSTATUS=");
}

void Reload::Refuse(std::string_view cause,
                    const std::vector<std::string>& errors) {
  deps_.reloads.OnRefused(errors.size());
  for (const std::string& error : errors) {
    deps_.log.Write(LogLevel::kError, "configuration_fault",
                    [&](base::JsonObject& line) { line.Add("fault", error); });
  }
  deps_.log.Write(LogLevel::kError, "configuration_refused",
                  [&](base::JsonObject& line) {
                    line.Add("cause", cause)
                        .Add("file", path_)
                        .Add("faults", errors.size());
                  });
}

void Reload::Apply(std::string_view cause, config::Reloaded read,
                   const issuer::Registry& issuers,
                   const std::vector<std::string>& last_warnings) {
  auto config =
      std::make_shared<const config::Config>(*std::move(read.loaded.config));
  // Keys can arrive while the issuers are created, and requests that began
  // before use the previous issuers: until the switch, both are counted.
  const std::vector<std::string> names = IssuerNames(*config);
  std::vector<std::string> both = names;
  for (const auto& issuer : issuers.issuers()) {
    both.push_back(issuer->config().name);
  }
  deps_.counters.Follow(both);
  const std::set<std::string> known(last_warnings.begin(), last_warnings.end());
  for (const std::string& warning : read.loaded.warnings) {
    if (known.contains(warning)) continue;
    deps_.log.Write(
        LogLevel::kWarning, "insecure",
        [&](base::JsonObject& line) { line.Add("warning", warning); });
  }
  deps_.engine.Reload(config->issuers);
  auto next =
      MakeActiveConfig(config, std::move(read.loaded.warnings), deps_.engine);
  const uint64_t generation = next->issuers->generation();
  deps_.active_config.Publish(std::move(next));
  deps_.log.SetLevel(config->log_level);
  deps_.counters.Follow(names);
  deps_.key_fetch_log.Follow(names);
  deps_.introspection_log.Follow(names);
  deps_.reloads.OnApplied(deps_.engine.clock().Now(), read.changes.at_restart);
  LogApplied(cause, generation, read.changes);
}

void Reload::LogApplied(std::string_view cause, uint64_t generation,
                        const yaml::Changes& changes) {
  deps_.log.Write(LogLevel::kInfo, "configuration_taken",
                  [&](base::JsonObject& line) {
                    line.Add("cause", cause).Add("generation", generation);
                    AddPaths("added", changes.added, line);
                    AddPaths("removed", changes.removed, line);
                    AddPaths("changed", changes.changed, line);
                  });
  if (changes.at_restart.empty()) return;
  deps_.log.Write(LogLevel::kWarning, "restart_needed",
                  [&](base::JsonObject& line) {
                    AddPaths("keys", changes.at_restart, line);
                  });
}

}  // namespace usher::server

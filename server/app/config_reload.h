// Applies a changed configuration file while usherd runs.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "lib/base/file.h"
#include "lib/base/log.h"
#include "lib/base/mutex.h"
#include "lib/base/snapshot.h"
#include "lib/config/config.h"
#include "lib/yaml/changes.h"
#include "lib/yaml/files.h"
#include "server/core/active_config.h"
#include "server/stats/counters.h"
#include "server/stats/introspection_log.h"
#include "server/stats/key_fetch_log.h"
#include "server/stats/reload_stats.h"

namespace usher::server {

// Thread-safe. A file is applied as a whole or not at all: a file with errors
// changes only the log and the metrics.
class Reload {
 public:
  struct Deps {
    base::Snapshot<ActiveConfig>& active_config;
    verify::Engine& engine;
    Counters& counters;
    KeyFetchLog& key_fetch_log;
    IntrospectionLog& introspection_log;
    ReloadStats& reloads;
    base::Log& log;
  };
  // `files` are those that the active configuration was read from.
  Reload(Deps deps, std::string path, std::vector<yaml::FileRead> files);

  // Reads and applies the file, changed or not. Blocks until it is active or
  // refused.
  void ApplyNow();

  // Call it about once per second. Applies the file if it has changed, or if a
  // file has changed whose content is part of the configuration (ca_file).
  void Poll();

 private:
  void Watch(std::vector<yaml::FileRead> files, bool has_errors)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void ReadAndApply(std::string_view cause)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Apply(std::string_view cause, config::Reloaded read,
             const issuer::Registry& issuers,
             const std::vector<std::string>& last_warnings);
  void Refuse(std::string_view cause, const std::vector<std::string>& errors);
  void LogApplied(std::string_view cause, uint64_t generation,
                  const yaml::Changes& changes);

  const Deps deps_;
  const std::string path_;
  base::Mutex mutex_;  // also permits one reload at a time only
  std::vector<yaml::FileRead> watched_ ABSL_GUARDED_BY(mutex_);
  base::FileWatch watch_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace usher::server

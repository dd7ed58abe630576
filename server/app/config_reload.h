// Puts a changed configuration file in force while usherd runs.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "lib/base/log.h"
#include "lib/base/mutex.h"
#include "lib/base/snapshot.h"
#include "lib/config/config.h"
#include "lib/yaml/changes.h"
#include "server/app/file_watch.h"
#include "server/core/active_config.h"
#include "server/stats/counters.h"
#include "server/stats/key_fetch_log.h"
#include "server/stats/reload_stats.h"

namespace usher::server {

// Thread-safe. A file is taken whole or not at all: one with faults changes
// nothing but the log and the metrics.
class Reload {
 public:
  struct Parts {
    base::Snapshot<ActiveConfig>& active_config;
    verify::Engine& engine;
    Counters& counters;
    KeyFetchLog& key_fetch_log;
    ReloadStats& reloads;
    base::Log& log;
  };
  // `files` are those that the configuration in force was read from.
  Reload(Parts parts, std::string path, std::vector<yaml::FileRead> files);

  // Takes the file now, changed or not. Blocks until it is in force or refused.
  void Now();

  // To be called every second or so: takes the file if it, or one whose text it
  // takes in (ca_file), has changed.
  void Look();

 private:
  void Take(std::string_view cause) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Apply(std::string_view cause, config::Reloaded read,
             const issuer::Registry& issuers,
             const std::vector<std::string>& last_warnings);
  void Refuse(std::string_view cause, const std::vector<std::string>& faults);
  void Tell(std::string_view cause, uint64_t generation,
            const yaml::Changes& changes);

  const Parts parts_;
  const std::string path_;
  base::Mutex mutex_;  // over what is below, and over one reload at a time
  FileWatch watch_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace usher::server

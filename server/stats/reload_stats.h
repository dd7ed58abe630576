// The outcome of configuration reloads, for metrics and the status page.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "lib/base/mutex.h"

namespace usher::server {

// Thread-safe.
class ReloadStats {
 public:
  struct Counts {
    uint64_t applied = 0;
    uint64_t refused = 0;
    // Of the last reload; 0 also before the first.
    size_t errors = 0;
    // When a configuration last became active, including at the start.
    absl::Time last_applied;
    // Keys of the active file whose new values need a restart.
    std::vector<std::string> at_restart;
  };

  explicit ReloadStats(absl::Time started_at) {
    counts_.last_applied = started_at;
  }

  void OnApplied(absl::Time now, std::vector<std::string> at_restart);
  void OnRefused(size_t errors);

  Counts Read() const;

  // What the file says that is not active, as text for people.
  std::vector<std::string> Notes() const;

 private:
  mutable base::Mutex mutex_;
  Counts counts_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace usher::server

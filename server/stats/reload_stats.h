// How the reloads of the configuration went: for metrics and the status page.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include "absl/time/time.h"

namespace usher::server {

// Thread-safe.
class ReloadStats {
 public:
  struct Counts {
    uint64_t taken = 0;
    uint64_t refused = 0;
    // Of the last reload; 0 too where there was none yet.
    size_t faults = 0;
    // When a configuration was last taken, the one of the start included.
    absl::Time last_taken;
    // Keys of the file that wait for a restart, when it was last taken.
    std::vector<std::string> at_restart;
  };

  explicit ReloadStats(absl::Time started_at) {
    counts_.last_taken = started_at;
  }

  void OnTaken(absl::Time now, std::vector<std::string> at_restart);
  void OnRefused(size_t faults);

  Counts Read() const;

  // What the file says and is not in force, in words; empty: nothing.
  std::vector<std::string> Notes() const;

 private:
  mutable std::mutex mutex_;
  Counts counts_;
};

}  // namespace usher::server

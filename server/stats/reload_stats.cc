#include "server/stats/reload_stats.h"

#include <utility>

#include "lib/base/text/strings.h"

namespace usher::server {

void ReloadStats::OnApplied(absl::Time now,
                            std::vector<std::string> at_restart) {
  base::MutexLock lock(mutex_);
  ++counts_.applied;
  counts_.errors = 0;
  counts_.last_applied = now;
  counts_.at_restart = std::move(at_restart);
}

void ReloadStats::OnRefused(size_t errors) {
  base::MutexLock lock(mutex_);
  ++counts_.refused;
  counts_.errors = errors;
}

ReloadStats::Counts ReloadStats::Read() const {
  base::MutexLock lock(mutex_);
  return counts_;
}

std::vector<std::string> ReloadStats::Notes() const {
  const Counts counts = Read();
  std::vector<std::string> notes;
  if (counts.errors > 0) {
    notes.push_back(base::StrCat(
        "The configuration file was refused: it has ", counts.errors,
        counts.errors == 1 ? " error" : " errors",
        ", which the log shows. The configuration before it stays active."));
  }
  for (const std::string& path : counts.at_restart) {
    notes.push_back(
        base::StrCat(path, ": changed; the new value needs a restart"));
  }
  return notes;
}

}  // namespace usher::server

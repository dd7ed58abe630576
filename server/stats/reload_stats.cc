#include "server/stats/reload_stats.h"

#include <utility>

#include "lib/base/strings.h"

namespace usher::server {

void ReloadStats::OnTaken(absl::Time now, std::vector<std::string> at_restart) {
  std::lock_guard lock(mutex_);
  ++counts_.taken;
  counts_.faults = 0;
  counts_.last_taken = now;
  counts_.at_restart = std::move(at_restart);
}

void ReloadStats::OnRefused(size_t faults) {
  std::lock_guard lock(mutex_);
  ++counts_.refused;
  counts_.faults = faults;
}

ReloadStats::Counts ReloadStats::Read() const {
  std::lock_guard lock(mutex_);
  return counts_;
}

std::vector<std::string> ReloadStats::Notes() const {
  const Counts counts = Read();
  std::vector<std::string> notes;
  if (counts.faults > 0) {
    notes.push_back(
        base::StrCat("The configuration file was refused, for ", counts.faults,
                     counts.faults == 1 ? " fault" : " faults",
                     " that the log tells: the one before is in force."));
  }
  for (const std::string& path : counts.at_restart) {
    notes.push_back(base::StrCat(path, ": was changed; a restart takes it"));
  }
  return notes;
}

}  // namespace usher::server

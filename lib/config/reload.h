// What a service that runs makes of its configuration file once it has changed.
#pragma once

#include <string>

#include "lib/config/changes.h"
#include "lib/config/config.h"

namespace usher::config {

struct Reloaded {
  // `config` is what can be in force now: the file, but for the keys that need
  // a restart, which are as they run. `warnings` are of that. Present only
  // where both the file and what can be in force are free of faults.
  Loaded loaded;
  // From what runs to the file; empty where it has faults.
  Changes changes;
};

// Reads and judges the file at `path`, as Load() does.
Reloaded Reload(const std::string& path, const Config& running);

}  // namespace usher::config

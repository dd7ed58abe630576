// Watches the files of a configuration.
#pragma once

#include <vector>

#include "lib/base/file.h"
#include "lib/yaml/files.h"

namespace usher::server {

// Compares the content of the files, not their times. So it works on every file
// system, and for files that are written in place, renamed, or reached through
// a link that is replaced (a Kubernetes volume). Not thread-safe.
class FileWatch {
 public:
  // From now on these are the files. They have changed if their content differs
  // from when they were read.
  void Follow(std::vector<yaml::FileRead> files);

  // Call it about once per second. Whether a file has changed and is the same
  // as at the previous call: a file that is being written is left for the next
  // call. Reads every file.
  bool Poll();

 private:
  std::vector<yaml::FileRead> files_;
  base::FileWatch watch_;
};

}  // namespace usher::server

// Whether files have changed since they were read.
#pragma once

#include <vector>

#include "lib/base/file.h"
#include "lib/yaml/files.h"

namespace usher::server {

// Goes by what the files say, not by their times: so it does not matter whether
// one is written in place, renamed, or reached through a link that is swapped
// (a Kubernetes volume), nor what the file system is. Not thread-safe.
class FileWatch {
 public:
  // From now on changes are looked for in these, against what they said when
  // they were read.
  void Follow(std::vector<yaml::FileRead> files);

  // To be called every second or so. Whether a file says something else and has
  // said so at the last look already: one that is being written is left to the
  // next. Reads every file.
  bool Look();

 private:
  std::vector<yaml::FileRead> files_;
  base::FileWatch watch_;
};

}  // namespace usher::server

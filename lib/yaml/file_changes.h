// Notices changes of the files of a configuration, for base::FileWatch.
#pragma once

#include <vector>

#include "lib/base/file.h"
#include "lib/yaml/files.h"

namespace usher::yaml {

// The files whose change is a change of the configuration: those that it
// contains. All files if it has errors: a change of any can repair them.
std::vector<FileRead> FilesToWatch(std::vector<FileRead> files,
                                   bool has_errors);

// The contents of the files when they were read.
base::FileWatch::Contents ContentsRead(const std::vector<FileRead>& files);

// The contents now. Reads every file, and blocks on the disk.
base::FileWatch::Contents CurrentContents(const std::vector<FileRead>& files);

}  // namespace usher::yaml

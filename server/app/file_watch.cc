#include "server/app/file_watch.h"

#include <utility>

namespace usher::server {

void FileWatch::Follow(std::vector<yaml::FileRead> files) {
  files_ = std::move(files);
  base::FileWatch::Contents in_use;
  for (const yaml::FileRead& file : files_) in_use.push_back(file.content);
  watch_.SetInUse(std::move(in_use));
}

bool FileWatch::Poll() {
  base::FileWatch::Contents now;
  for (const yaml::FileRead& file : files_) {
    now.push_back(yaml::CurrentContent(file));
  }
  return watch_.Poll(std::move(now));
}

}  // namespace usher::server

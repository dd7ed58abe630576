#include "server/app/file_watch.h"

#include <utility>

namespace usher::server {

void FileWatch::Follow(std::vector<yaml::FileRead> files) {
  files_ = std::move(files);
  read_.clear();
  for (const yaml::FileRead& file : files_) read_.push_back(file.text);
  seen_.reset();
}

bool FileWatch::Look() {
  Texts now;
  for (const yaml::FileRead& file : files_) {
    now.push_back(yaml::TextNow(file));
  }
  const bool stands_still = seen_ == now;
  const bool changed = read_ != now;
  seen_ = std::move(now);
  return changed && stands_still;
}

}  // namespace usher::server

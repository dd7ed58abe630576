#include "server/app/file_watch.h"

#include <utility>

namespace usher::server {

void FileWatch::Follow(std::vector<config::FileRead> files) {
  files_ = std::move(files);
  read_.clear();
  for (const config::FileRead& file : files_) read_.push_back(file.text);
  seen_.reset();
}

bool FileWatch::Look() {
  Texts now;
  for (const config::FileRead& file : files_) {
    now.push_back(config::TextNow(file));
  }
  const bool stands_still = seen_ == now;
  const bool changed = read_ != now;
  seen_ = std::move(now);
  return changed && stands_still;
}

}  // namespace usher::server

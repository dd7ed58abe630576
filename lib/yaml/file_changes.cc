#include "lib/yaml/file_changes.h"

namespace usher::yaml {

std::vector<FileRead> FilesToWatch(std::vector<FileRead> files,
                                   bool has_errors) {
  if (!has_errors) {
    std::erase_if(files, [](const FileRead& file) { return !file.is_stored; });
  }
  return files;
}

base::FileWatch::Contents ContentsRead(const std::vector<FileRead>& files) {
  base::FileWatch::Contents contents;
  for (const FileRead& file : files) contents.push_back(file.content);
  return contents;
}

base::FileWatch::Contents CurrentContents(const std::vector<FileRead>& files) {
  base::FileWatch::Contents contents;
  for (const FileRead& file : files) contents.push_back(CurrentContent(file));
  return contents;
}

}  // namespace usher::yaml

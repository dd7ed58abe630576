#include "lib/yaml/files.h"

namespace usher::yaml {

base::ContentId CurrentContent(const FileRead& file) {
  return base::ContentIdOf(base::ReadFile(file.path, file.max_size));
}

std::string Files::Resolve(std::string_view path) const {
  if (path.starts_with('/') || directory_.empty()) return std::string(path);
  return base::StrCat(directory_, "/", path);
}

const absl::StatusOr<std::string>& Files::Read(const std::string& path,
                                               Use use) {
  auto found = files_.find(path);
  if (found == files_.end()) {
    found =
        files_.emplace(path, File{base::ReadFile(path, kMaxReferencedFileSize)})
            .first;
  }
  found->second.is_stored |= use == Use::kStore;
  return found->second.content;
}

std::vector<FileRead> Files::All() const {
  std::vector<FileRead> all;
  for (const auto& [path, file] : files_) {
    all.push_back({path, kMaxReferencedFileSize, file.is_stored,
                   base::ContentIdOf(file.content)});
  }
  return all;
}

}  // namespace usher::yaml

// The files that a YAML file refers to.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "lib/base/file.h"
#include "lib/base/text/strings.h"

namespace usher::yaml {

constexpr size_t kMaxReferencedFileSize = 1 << 20;  // bytes

// A file that was read.
struct FileRead {
  std::string path;
  size_t max_size;
  // Whether the configuration contains the content, so that a change of the
  // file is a change of the configuration. Other files, such as certificates,
  // are watched by their users.
  bool is_stored;
  base::ContentId content;  // when it was read
};

// The content of the file now. Blocks on the disk.
base::ContentId CurrentContent(const FileRead& file);

// Reads each file once, even if several values refer to it. Not thread-safe.
class Files {
 public:
  enum class Use { kCheck, kStore };

  // `directory` is that of relative paths. "": the current directory.
  explicit Files(std::string directory) : directory_(std::move(directory)) {}

  std::string Resolve(std::string_view path) const;

  // The content at a resolved path, at most kMaxReferencedFileSize bytes. Valid
  // until the next call. kStore: the configuration will contain the content.
  const absl::StatusOr<std::string>& Read(const std::string& path, Use use);

  // All files that were read, in no particular order.
  std::vector<FileRead> All() const;

 private:
  struct File {
    absl::StatusOr<std::string> content;
    bool is_stored = false;
  };

  const std::string directory_;
  absl::flat_hash_map<std::string, File> files_;
};

}  // namespace usher::yaml

// The files that a YAML file refers to.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "lib/base/strings.h"

namespace usher::yaml {

constexpr size_t kMaxNamedFile = 1 << 20;  // bytes

// The bytes of the regular file at `path`. Blocks on the disk. Fails in words
// that can follow a setting's path: "cannot read /etc/ca.pem: No such file or
// directory".
absl::StatusOr<std::string> ReadFile(const std::string& path, size_t max_size);

// A file as it was when it was read.
struct FileRead {
  std::string path;
  size_t max_size;
  // Whether what it said is in the configuration, so that a change of the file
  // is a change of the configuration. Others, such as certificates, are
  // followed by whoever uses them.
  bool kept;
  // Tells one text from another, within this process; absent: unreadable.
  std::optional<uint64_t> text;
};

// What FileRead::text would be now. Blocks on the disk.
std::optional<uint64_t> TextNow(const FileRead& file);
std::optional<uint64_t> TextOf(const absl::StatusOr<std::string>& bytes);

// Reads each file once, however many issuers share it. Not thread-safe.
class Files {
 public:
  // `directory` is where relative paths start; "" is the current one.
  explicit Files(std::string directory) : directory_(std::move(directory)) {}

  std::string Resolve(std::string_view path) const;

  // The bytes at a resolved path, at most kMaxNamedFile of them. The reference
  // is good until the next call. `kept`: as FileRead has it.
  const absl::StatusOr<std::string>& Read(const std::string& path, bool kept);

  // All that were read, in no order.
  std::vector<FileRead> All() const;

 private:
  struct Text {
    absl::StatusOr<std::string> bytes;
    bool kept = false;
  };

  const std::string directory_;
  absl::flat_hash_map<std::string, Text> read_;
};

}  // namespace usher::yaml

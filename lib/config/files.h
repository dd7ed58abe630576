// The files that a configuration names.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "lib/base/strings.h"

namespace usher::config {

constexpr size_t kMaxNamedFile = 1 << 20;  // bytes

// The bytes of the regular file at `path`. Blocks on the disk. Fails in words
// that can follow a setting's path: "cannot read /etc/ca.pem: No such file or
// directory".
absl::StatusOr<std::string> ReadFile(const std::string& path, size_t max_size);

// Reads each file once, however many issuers share it. Not thread-safe.
class Files {
 public:
  // `directory` is where relative paths start; "" is the current one.
  explicit Files(std::string directory) : directory_(std::move(directory)) {}

  std::string Resolve(std::string_view path) const;

  // The bytes at a resolved path, at most kMaxNamedFile of them. The reference
  // is good until the next call.
  const absl::StatusOr<std::string>& Read(const std::string& path);

 private:
  const std::string directory_;
  absl::flat_hash_map<std::string, absl::StatusOr<std::string>> read_;
};

}  // namespace usher::config

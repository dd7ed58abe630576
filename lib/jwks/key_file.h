// A key set in a file, and whether the file is still the one last read.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "lib/jose/key_set.h"

namespace usher::jwks {

// What tells one content of a path from another without reading it. Symbolic
// links are followed, so a Kubernetes volume, which swaps a link to a
// directory, shows another inode.
struct FileMark {
  uint64_t device = 0;
  uint64_t inode = 0;
  int64_t size = 0;
  int64_t modified_ns = 0;
  int64_t changed_ns = 0;

  bool operator==(const FileMark&) const = default;
};

// Nothing where there is no such file.
std::optional<FileMark> MarkOf(const std::string& path);

// Reads a JWK Set, or PEM blocks where the text does not begin as JSON does.
// At most 1 MiB, of a regular file. Failures name the path.
absl::StatusOr<jose::KeySet> ReadKeyFile(const std::string& path);

}  // namespace usher::jwks

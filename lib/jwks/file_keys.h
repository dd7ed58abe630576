// Loads a key set from a file, and sees when the file changes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "lib/base/mutex.h"
#include "lib/jose/key_set.h"
#include "lib/jwks/key_loader.h"

namespace usher::jwks {

// What distinguishes one content of a path from another without reading it.
// Symbolic links are followed: a Kubernetes volume, which swaps a link to a
// directory, shows another inode.
struct FileMark {
  uint64_t device = 0;
  uint64_t inode = 0;
  int64_t size = 0;
  int64_t modified_ns = 0;
  int64_t changed_ns = 0;

  bool operator==(const FileMark&) const = default;
};

// Nothing if there is no such file.
std::optional<FileMark> MarkOf(const std::string& path);

// Reads a JWK Set, or PEM blocks if the text does not begin as JSON does. At
// most 1 MiB, from a regular file. Errors name the path.
absl::StatusOr<jose::KeySet> ReadKeyFile(const std::string& path);

// The file is looked at every second and loaded when it has changed; after a
// failed load, again after the backoff of refresh_rule.h. The keys are fresh as
// long as the file can be read.
class FileKeys final : public KeyLoader {
 public:
  FileKeys(std::string path, const RefreshLimits& limits);

  void Load(const Request& request, Done done) override;
  bool is_remote() const override { return false; }
  std::optional<absl::Time> NextLook(const RefreshHistory& history,
                                     absl::Time now,
                                     double jitter) const override;
  std::optional<Trigger> NeedsLoad(const RefreshHistory& history,
                                   absl::Time now) override;

 private:
  const std::string path_;
  const RefreshLimits limits_;
  base::Mutex mutex_;
  // The file as it was at the last load, whether that succeeded or not.
  std::optional<FileMark> loaded_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace usher::jwks

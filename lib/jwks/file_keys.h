// Loads a key set from a file, and notices when the file changes.
#pragma once

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "lib/base/file.h"
#include "lib/base/mutex.h"
#include "lib/jose/key_set.h"
#include "lib/jwks/key_loader.h"

namespace usher::jwks {

// Reads a JWK Set, or PEM blocks if the text does not begin as JSON does. At
// most 1 MiB, from a regular file. Errors name the path.
absl::StatusOr<jose::KeySet> ReadKeyFile(const std::string& path);

// The file is read every second and loaded when its content has changed and
// no longer changes (base::FileWatch); after a failed load, also after the
// backoff of refresh_rule.h. The keys are fresh as long as the file can be
// loaded.
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
  base::FileWatch watch_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace usher::jwks

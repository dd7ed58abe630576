// Logs key fetches and changes of key sets.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/mutex.h"
#include "lib/jwks/cache.h"

namespace usher::server {

// Thread-safe. Repeated failures are logged at intervals: a provider that is
// down must not fill the disk.
class KeyFetchLog final : public jwks::Observer {
 public:
  // The failures of one issuer are logged at most this often. The line has
  // their number.
  static constexpr absl::Duration kFailureInterval = absl::Seconds(30);

  // Passes every event on to `next`.
  KeyFetchLog(base::Log& log, const base::Clock& clock, jwks::Observer& next)
      : log_(log), clock_(clock), next_(next) {}

  void OnFetch(const std::string& issuer_name, jwks::Trigger trigger,
               const absl::Status& result, absl::Duration took) override;
  void OnKeysChanged(const std::string& issuer_name, size_t keys) override;
  void OnUnusableKeys(const std::string& issuer_name,
                      std::span<const std::string> why) override;
  void OnAmbiguousKeys(const std::string& issuer_name,
                       const std::string& why) override;

  // From now on these are the issuers. Forgets the failures of all others.
  void Follow(const std::vector<std::string>& issuer_names);

 private:
  struct Failures {
    uint64_t unwritten = 0;
    absl::Time last_written = absl::InfinitePast();
    bool failing = false;
  };

  // The number of failures for the log line; 0 if none is due.
  uint64_t CountFailure(const std::string& issuer_name);
  // Whether this success ends a series of failures.
  bool CountSuccess(const std::string& issuer_name);

  base::Log& log_;
  const base::Clock& clock_;
  jwks::Observer& next_;
  base::Mutex mutex_;
  std::map<std::string, Failures> failures_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace usher::server

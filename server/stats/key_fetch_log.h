// News of key sets, for the log and for metrics.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/jwks/cache.h"

namespace usher::server {

// Thread-safe. What goes wrong every few seconds is written once in a while: a
// provider that is down must not fill a disk.
class KeyFetchLog final : public jwks::Observer {
 public:
  // An issuer's failures are written at most this often; the line tells how
  // many there were.
  static constexpr absl::Duration kFailureInterval = absl::Seconds(30);

  // `next` is told everything too.
  KeyFetchLog(base::Log& log, const base::Clock& clock, jwks::Observer& next)
      : log_(log), clock_(clock), next_(next) {}

  void OnFetch(const std::string& issuer_name, jwks::Trigger trigger,
               const absl::Status& result, absl::Duration took) override;
  void OnKeysChanged(const std::string& issuer_name, size_t keys) override;

  // From now on these are the issuers: the troubles of others are forgotten.
  void Follow(const std::vector<std::string>& issuer_names);

 private:
  struct Failures {
    uint64_t unwritten = 0;
    absl::Time last_written = absl::InfinitePast();
    bool failing = false;
  };

  // How many failures the line to be written stands for; 0: write none now.
  uint64_t CountFailure(const std::string& issuer_name);
  // Whether this success ends a row of failures.
  bool CountSuccess(const std::string& issuer_name);

  base::Log& log_;
  const base::Clock& clock_;
  jwks::Observer& next_;
  std::mutex mutex_;
  std::map<std::string, Failures> failures_;
};

}  // namespace usher::server

// Logs what issuers answer that cannot be used, with what the operator can do.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/mutex.h"
#include "lib/introspect/observer.h"

namespace usher::server {

// Thread-safe.
class IntrospectionLog final : public introspect::Observer {
 public:
  // The failures of one issuer are logged at most this often, however they
  // alternate with usable answers. The line has their number. After as long
  // without one, the next usable answer is logged.
  static constexpr absl::Duration kInterval = absl::Seconds(30);

  // Passes every event on to `next`.
  IntrospectionLog(base::Log& log, const base::Clock& clock,
                   introspect::Observer& next)
      : log_(log), clock_(clock), next_(next) {}

  void OnAnswer(const std::string& issuer_name,
                const introspect::Answer& answer, absl::Duration took) override;

  // From now on these are the issuers. Forgets the failures of all others.
  void Follow(const std::vector<std::string>& issuer_names);

 private:
  struct Failures {
    uint64_t unwritten = 0;
    absl::Time last_written = absl::InfinitePast();
    absl::Time last = absl::InfinitePast();
  };

  // The number of failures for the log line; 0 if none is due.
  uint64_t CountFailure(const std::string& issuer_name);
  // Whether this usable answer ends a series of failures.
  bool CountSuccess(const std::string& issuer_name);
  void LogFailure(const std::string& issuer_name, std::string_view result,
                  std::string_view error);

  base::Log& log_;
  const base::Clock& clock_;
  introspect::Observer& next_;
  base::Mutex mutex_;
  std::map<std::string, Failures> failures_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace usher::server

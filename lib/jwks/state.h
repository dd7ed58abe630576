// What changes in a Cache, but for the keys themselves. Only cache*.cc include
// this.
#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "lib/base/scheduler.h"
#include "lib/jwks/cache.h"
#include "lib/jwks/key_file.h"
#include "lib/jwks/refresh_rule.h"
#include "lib/jwks/waiters.h"

namespace usher::jwks {

// Everything is guarded by `mutex`. It is held for a few instructions at a
// time: never while asking the network, reading a file, publishing keys (which
// may destroy whatever else was replaced meanwhile) or calling anybody back.
struct Cache::State {
  mutable std::mutex mutex;
  bool started = false;
  bool stopped = false;

  RefreshHistory history;
  std::optional<Attempt> under_way;
  uint64_t attempts = 0;
  std::optional<std::string> last_error;
  std::vector<absl::Time> first_seen;  // as CacheStatus::first_seen

  // Where discovery last found the key set.
  struct Endpoint {
    std::string jwks_uri;
    absl::Time found_at;
  };
  std::optional<Endpoint> endpoint;
  // The file as it was when it was last read, well or not.
  std::optional<FileMark> file;

  std::optional<base::Scheduler::Ticket> refresh_timer;
  std::optional<absl::Time> next_refresh;

  Waiters waiters;
  std::optional<base::Scheduler::Ticket> expiry_timer;
  std::optional<absl::Time> next_expiry;

  // Who called Refresh(): told by the attempt under way, or by the next one.
  using Told = std::function<void(absl::Status)>;
  std::vector<Told> told_now;
  std::vector<Told> told_next;

  // The right to fetch, unless somebody has it.
  std::optional<Attempt> Claim(Trigger trigger, absl::Time now) {
    if (!started || stopped || under_way.has_value()) return std::nullopt;
    under_way = Attempt{++attempts, trigger, now};
    history.last_attempt = now;
    if (trigger == Trigger::kUnknownKid) history.last_kid_attempt = now;
    return under_way;
  }
  bool IsUnderWay(const Attempt& attempt) const {
    return under_way.has_value() && under_way->number == attempt.number;
  }
};

}  // namespace usher::jwks

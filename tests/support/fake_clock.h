// A clock that only the test moves.
#pragma once

#include "absl/time/time.h"
#include "lib/base/clock.h"
#include "lib/base/mutex.h"

namespace usher::testing {

// Thread-safe. Starts at 2026-01-01 00:00:00 UTC.
class FakeClock final : public base::Clock {
 public:
  absl::Time Now() const override {
    const base::MutexLock lock(mutex_);
    return now_;
  }
  void Set(absl::Time now) {
    const base::MutexLock lock(mutex_);
    now_ = now;
  }
  void Advance(absl::Duration by) {
    const base::MutexLock lock(mutex_);
    now_ += by;
  }

 private:
  mutable base::Mutex mutex_;
  absl::Time now_ ABSL_GUARDED_BY(mutex_) = absl::FromUnixSeconds(1767225600);
};

}  // namespace usher::testing

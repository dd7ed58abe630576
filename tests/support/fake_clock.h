// Time that moves only when a test says so.
#pragma once

#include <mutex>

#include "absl/time/time.h"
#include "lib/base/clock.h"

namespace usher::testing {

// Thread-safe. Starts at 2026-01-01 00:00:00 UTC.
class FakeClock final : public base::Clock {
 public:
  absl::Time Now() const override {
    std::lock_guard lock(mutex_);
    return now_;
  }
  void Set(absl::Time now) {
    std::lock_guard lock(mutex_);
    now_ = now;
  }
  void Advance(absl::Duration by) {
    std::lock_guard lock(mutex_);
    now_ += by;
  }

 private:
  mutable std::mutex mutex_;
  absl::Time now_ = absl::FromUnixSeconds(1767225600);
};

}  // namespace usher::testing

// Keeps requests away from an usherd that is down or silent. The contract is
// in usher/client.h.
#pragma once

#include "absl/base/thread_annotations.h"
#include "absl/time/time.h"
#include "lib/base/mutex.h"

namespace usher::client {

// Thread-safe.
class CircuitBreaker {
 public:
  // Whether a request may be sent at `now`. False: it would probably fail.
  bool Allow(absl::Time now);

  // The outcome of a request that was sent. `reached`: usherd answered; the
  // answers "cannot tell" and "overloaded" count too.
  void Record(bool reached, absl::Time now);

 private:
  base::Mutex mutex_;
  int failures_ ABSL_GUARDED_BY(mutex_) = 0;  // in a row
  absl::Time next_probe_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
};

}  // namespace usher::client

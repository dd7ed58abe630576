// Keeps requests away from an usherd that is down or silent. The contract is
// in usher/client.h.
#pragma once

#include "absl/base/thread_annotations.h"
#include "absl/time/time.h"
#include "lib/base/mutex.h"

namespace usher::client {

// Reacts to silence, not to slowness: an answer that arrives after a request
// was sent proves that usherd was alive meanwhile, even if that request itself
// got none. Thread-safe.
class CircuitBreaker {
 public:
  // Whether a request may be sent at `now`. False: it would probably fail.
  bool Allow(absl::Time now);

  // usherd answered, in any way: "cannot tell" and "overloaded" count too.
  void OnAnswer(absl::Time now);
  // The request that was sent at `sent` ended without an answer. Counts only if
  // no other request was answered since then.
  void OnSilence(absl::Time sent, absl::Time now);

 private:
  base::Mutex mutex_;
  int failures_ ABSL_GUARDED_BY(mutex_) = 0;  // in a row
  absl::Time last_answer_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
  absl::Time next_probe_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
};

}  // namespace usher::client

// The verifier of an authorizer, which may end first.
#pragma once

#include "absl/base/thread_annotations.h"
#include "lib/base/mutex.h"
#include "usher/token_verifier.h"

namespace usher::guard {

// Thread-safe.
class StoppableVerifier {
 public:
  // `verifier` must live until Stop() has returned.
  explicit StoppableVerifier(TokenVerifier& verifier) : verifier_(&verifier) {}

  // As that of `verifier`. Once stopped, Undecided (kStopped).
  void Verify(const VerifyRequest& request, TokenVerifier::VerifyCallback done);

  // Waits for threads that are inside TokenVerifier::Verify().
  void Stop();

 private:
  base::Mutex mutex_;
  base::CondVar released_;
  TokenVerifier* verifier_ ABSL_GUARDED_BY(mutex_);  // null once stopped
  // Threads inside TokenVerifier::Verify().
  int users_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace usher::guard

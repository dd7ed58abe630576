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
  explicit StoppableVerifier(TokenVerifier& verifier) : inner_(verifier) {}

  // As that of `verifier`. Once stopped, Undecided (kStopped).
  void Verify(const VerifyRequest& request, TokenVerifier::VerifyCallback done);

  // Whether it is not stopped. Then Stop() waits for Leave().
  bool Enter();
  void Leave();

  // Waits for threads that are inside TokenVerifier::Verify().
  void Stop();

 private:
  TokenVerifier& inner_;  // may be gone once stopped
  base::Mutex mutex_;
  base::CondVar released_;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  // Threads inside TokenVerifier::Verify(), or between Enter() and Leave().
  int users_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace usher::guard

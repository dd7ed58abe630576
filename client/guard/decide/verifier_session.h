// A guard's use of a verifier that others may share and that may outlive it.
#pragma once

#include <cstdint>
#include <map>
#include <memory>

#include "absl/base/thread_annotations.h"
#include "lib/base/mutex.h"
#include "usher/token_verifier.h"

namespace usher::guard {

// Forwards requests. Unlike a TokenVerifier that is shared, it can end: the
// destructor completes the requests in flight with Undecided (kStopped), waits
// for callbacks that are running, and drops the results that arrive later.
//
// Thread-safe. Must not be destroyed inside a callback, nor while a thread is
// inside Verify().
class VerifierSession final : public TokenVerifier {
 public:
  explicit VerifierSession(std::shared_ptr<TokenVerifier> verifier);
  ~VerifierSession() override;

  void Verify(const VerifyRequest& request, VerifyCallback done) override;

 private:
  // Shared with the callbacks that the verifier holds.
  struct InFlight {
    // Runs the callback of request `id` unless it has run.
    void Complete(uint64_t id, VerifyResult result);

    base::Mutex mutex;
    base::CondVar idle;
    std::map<uint64_t, VerifyCallback> callbacks ABSL_GUARDED_BY(mutex);
    uint64_t next_id ABSL_GUARDED_BY(mutex) = 0;
    int running ABSL_GUARDED_BY(mutex) = 0;
  };

  const std::shared_ptr<TokenVerifier> verifier_;
  const std::shared_ptr<InFlight> in_flight_;
};

}  // namespace usher::guard

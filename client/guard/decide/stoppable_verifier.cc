#include "client/guard/decide/stoppable_verifier.h"

#include <utility>

namespace usher::guard {

void StoppableVerifier::Verify(const VerifyRequest& request,
                               TokenVerifier::VerifyCallback done) {
  TokenVerifier* verifier = nullptr;
  {
    base::MutexLock lock(mutex_);
    verifier = verifier_;
    if (verifier != nullptr) ++users_;
  }
  if (verifier == nullptr) {
    return done(Undecided{.cause = Undecided::Cause::kStopped});
  }
  verifier->Verify(request, std::move(done));
  base::MutexLock lock(mutex_);
  if (--users_ == 0) released_.SignalAll();
}

void StoppableVerifier::Stop() {
  base::MutexLock lock(mutex_);
  verifier_ = nullptr;
  while (users_ > 0) released_.Wait(mutex_);
}

}  // namespace usher::guard

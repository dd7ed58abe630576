#include "client/guard/decide/stoppable_verifier.h"

#include <utility>

namespace usher::guard {

bool StoppableVerifier::Enter() {
  base::MutexLock lock(mutex_);
  if (stopped_) return false;
  ++users_;
  return true;
}

void StoppableVerifier::Leave() {
  base::MutexLock lock(mutex_);
  if (--users_ == 0) released_.SignalAll();
}

void StoppableVerifier::Verify(const VerifyRequest& request,
                               TokenVerifier::VerifyCallback done) {
  if (!Enter()) return done(Undecided{.cause = Undecided::Cause::kStopped});
  inner_.Verify(request, std::move(done));
  Leave();
}

void StoppableVerifier::Stop() {
  base::MutexLock lock(mutex_);
  stopped_ = true;
  while (users_ > 0) released_.Wait(mutex_);
}

}  // namespace usher::guard

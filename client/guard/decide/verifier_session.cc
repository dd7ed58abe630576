#include "client/guard/decide/verifier_session.h"

#include <utility>

namespace usher::guard {

VerifierSession::VerifierSession(std::shared_ptr<TokenVerifier> verifier)
    : verifier_(std::move(verifier)),
      in_flight_(std::make_shared<InFlight>()) {}

VerifierSession::~VerifierSession() {
  InFlight& in_flight = *in_flight_;
  std::map<uint64_t, VerifyCallback> callbacks;
  {
    base::MutexLock lock(in_flight.mutex);
    callbacks.swap(in_flight.callbacks);
  }
  for (auto& [id, done] : callbacks) {
    done(Undecided{.cause = Undecided::Cause::kStopped});
  }
  base::MutexLock lock(in_flight.mutex);
  while (in_flight.running > 0) in_flight.idle.Wait(in_flight.mutex);
}

void VerifierSession::Verify(const VerifyRequest& request,
                             VerifyCallback done) {
  uint64_t id = 0;
  {
    base::MutexLock lock(in_flight_->mutex);
    id = in_flight_->next_id++;
    in_flight_->callbacks.emplace(id, std::move(done));
  }
  verifier_->Verify(request, [in_flight = in_flight_, id](VerifyResult result) {
    in_flight->Complete(id, std::move(result));
  });
}

void VerifierSession::InFlight::Complete(uint64_t id, VerifyResult result) {
  VerifyCallback done;
  {
    base::MutexLock lock(mutex);
    const auto found = callbacks.find(id);
    if (found == callbacks.end()) return;
    done = std::move(found->second);
    callbacks.erase(found);
    ++running;
  }
  done(std::move(result));
  base::MutexLock lock(mutex);
  if (--running == 0) idle.SignalAll();
}

}  // namespace usher::guard

// Verifications that are in flight, and the calls that wait for each: all calls
// with the same token share one verification.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/any_invocable.h"
#include "absl/time/time.h"
#include "client/guard/decide/decision.h"
#include "lib/base/mutex.h"
#include "lib/base/token_key.h"
#include "usher/method_policy.h"

namespace usher::guard {

// Runs once.
using DecisionCallback = absl::AnyInvocable<void(const Decision&) &&>;

// A call that waits for a verification. It holds no thread.
struct PendingCall {
  std::shared_ptr<const MethodRule> rule;  // decides the call
  absl::Time since;
  DecisionCallback done;
  const std::string* wrapped = nullptr;  // see CallInfo
};

// Thread-safe.
class SingleFlight {
 public:
  explicit SingleFlight(size_t max_calls) : max_calls_(max_calls) {}

  enum class Role {
    kLeader,    // must start the verification, then call Complete()
    kFollower,  // waits for the verification of a leader
    kRejected,  // too many calls wait: `call` was not taken
  };
  // Takes `call`, unless it is rejected.
  Role Join(const base::TokenKey& key, PendingCall& call);

  // The calls that waited for this result. The next call that joins is a leader
  // again.
  std::vector<PendingCall> Complete(const base::TokenKey& key);

  // How many calls wait.
  size_t size() const;

 private:
  const size_t max_calls_;
  mutable base::Mutex mutex_;
  absl::flat_hash_map<std::string, std::vector<PendingCall>> flights_
      ABSL_GUARDED_BY(mutex_);
  size_t size_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace usher::guard

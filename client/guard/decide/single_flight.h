// Questions under way to usherd, and the calls that wait for each: one question
// for all calls with the same token.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "client/guard/decide/decision.h"
#include "lib/base/token_key.h"
#include "usher/method_policy.h"

namespace usher::guard {

// A call that waits. It holds no thread.
struct PendingCall {
  std::shared_ptr<const MethodRule> rule;  // by which it is judged
  absl::Time since;
  std::function<void(const Ruling&)> done;
  const std::string* wrapped = nullptr;  // see CallFacts
};

// Thread-safe.
class SingleFlight {
 public:
  explicit SingleFlight(size_t max_parked) : max_parked_(max_parked) {}

  enum class Place {
    kFirst,   // nobody has asked: whoever joined must ask, then Land()
    kBehind,  // somebody has
    kNone,    // more calls wait than may; `call` was not taken
  };
  // Takes `call` unless there is no place.
  Place Join(const base::TokenKey& key, PendingCall& call);

  // The answer is there: who waited for it. Whoever joins from now on is first
  // again.
  std::vector<PendingCall> Land(const base::TokenKey& key);

  size_t parked() const;

 private:
  const size_t max_parked_;
  mutable std::mutex mutex_;
  absl::flat_hash_map<std::string, std::vector<PendingCall>> waiting_;
  size_t parked_ = 0;
};

}  // namespace usher::guard

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
#include "client/guard/ruling.h"
#include "client/guard/token_key.h"
#include "usher/method_policy.h"

namespace usher::guard {

// A call that waits. It holds no thread.
struct ParkedCall {
  std::shared_ptr<const MethodRule> rule;  // by which it is judged
  absl::Time since;
  std::function<void(const Ruling&)> done;
  const std::string* wrapped = nullptr;  // see CallFacts
};

// Thread-safe.
class Flights {
 public:
  explicit Flights(size_t max_parked) : max_parked_(max_parked) {}

  enum class Place {
    kFirst,   // nobody has asked: whoever joined must ask, then Land()
    kBehind,  // somebody has
    kNone,    // more calls wait than may; `call` was not taken
  };
  // Takes `call` unless there is no place.
  Place Join(const TokenKey& key, ParkedCall& call);

  // The answer is there: who waited for it. Whoever joins from now on is first
  // again.
  std::vector<ParkedCall> Land(const TokenKey& key);

  size_t parked() const;

 private:
  const size_t max_parked_;
  mutable std::mutex mutex_;
  absl::flat_hash_map<std::string, std::vector<ParkedCall>> waiting_;
  size_t parked_ = 0;
};

}  // namespace usher::guard

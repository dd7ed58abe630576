// Remembers what usherd said of tokens, so that the next call with the same
// token is answered from memory.
#pragma once

#include <memory>
#include <optional>

#include "absl/time/time.h"
#include "lib/base/token_map.h"
#include "usher/caller.h"
#include "usher/verify_result.h"

namespace usher::guard {

// Thread-safe. What is remembered is what the token says; scopes are judged on
// each call. Yes and no live apart, so that a flood of bad tokens, which cost
// their sender nothing, pushes out no good one. Undecided is never kept.
class VerdictCache {
 public:
  struct Limits {
    base::TokenMapLimits verified = {65'536, 64u << 20};
    base::TokenMapLimits denied = {8'192, 16u << 20};
    // For how long a no is repeated. Short: a token may become good (nbf, a new
    // key), and the operator who mends a setting wants to see it.
    absl::Duration denied_life = absl::Seconds(5);
  };
  explicit VerdictCache(const Limits& limits);

  // At most one of the two.
  struct Verdict {
    std::shared_ptr<const Caller> caller;
    std::shared_ptr<const Denial> denied;
    bool known() const { return caller != nullptr || denied != nullptr; }
  };
  Verdict Find(const base::TokenKey& key, absl::Time now);

  // For as long as usherd allowed, counted from `sent`, when the question was
  // sent, and no longer than the token lives.
  void Put(const base::TokenKey& key, std::shared_ptr<const Caller> caller,
           absl::Time sent, absl::Time now);
  void Put(const base::TokenKey& key, std::shared_ptr<const Denial> denied,
           absl::Time now);

  base::TokenMapCounts verified_counts() const { return verified_.counts(); }
  base::TokenMapCounts denied_counts() const { return denied_.counts(); }

 private:
  const absl::Duration denied_life_;
  base::TokenMap<Caller> verified_;
  base::TokenMap<Denial> denied_;
};

// What `caller` takes in memory, near enough for bounds.
size_t BytesOf(const Caller& caller);

}  // namespace usher::guard

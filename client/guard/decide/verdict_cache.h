// Remembers the results of verifications, so that the next call with the same
// token needs none.
#pragma once

#include <memory>
#include <optional>

#include "absl/time/time.h"
#include "lib/base/token_map.h"
#include "usher/caller.h"
#include "usher/verify_result.h"

namespace usher::guard {

// Thread-safe. Keeps what the token says; scopes and claims are checked on each
// call. Verified and denied tokens are kept apart, so that a flood of bad
// tokens, which cost their sender nothing, evicts no good one. An undecided
// result is never kept.
class VerdictCache {
 public:
  struct Limits {
    base::TokenMapLimits verified = {65'536, 64u << 20};
    base::TokenMapLimits denied = {8'192, 16u << 20};
    // How long a denial is kept. Short, because a token may become good (nbf, a
    // new key) and an operator may have corrected a setting.
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

  // Kept for as long as the verifier allows, counted from `sent`, when the
  // request was sent, and no longer than the token is valid.
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

// About how much memory `caller` takes.
size_t BytesOf(const Caller& caller);

}  // namespace usher::guard

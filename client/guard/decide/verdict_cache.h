// Remembers the results of verifications, so that the next call with the same
// token needs none.
#pragma once

#include <memory>
#include <optional>

#include "absl/time/time.h"
#include "client/guard/decide/known_token.h"
#include "lib/base/token_map.h"
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
    std::shared_ptr<const KnownToken> verified;
    std::shared_ptr<const Denial> denied;
    bool known() const { return verified != nullptr || denied != nullptr; }
  };
  Verdict Find(const base::TokenKey& key, absl::Time now);

  // Each replaces what is known of exactly this key. A verified token is kept
  // until KnownToken::ends(); if that has passed (cache_for is 0), only what
  // was known before is forgotten.
  void Put(const base::TokenKey& key,
           std::shared_ptr<const KnownToken> verified, absl::Time now);
  void Put(const base::TokenKey& key, std::shared_ptr<const Denial> denied,
           absl::Time now);

  base::TokenMapCounts verified_counts() const { return verified_.counts(); }
  base::TokenMapCounts denied_counts() const { return denied_.counts(); }

 private:
  const absl::Duration denied_life_;
  base::TokenMap<KnownToken> verified_;
  base::TokenMap<Denial> denied_;
};

}  // namespace usher::guard

#include "client/guard/decide/verdict_cache.h"

#include <utility>

namespace usher::guard {

VerdictCache::VerdictCache(const Limits& limits)
    : denied_life_(limits.denied_life),
      verified_(limits.verified),
      denied_(limits.denied) {}

VerdictCache::Verdict VerdictCache::Find(const base::TokenKey& key,
                                         absl::Time now) {
  if (auto known = verified_.Find(key, now)) return {std::move(known), {}};
  return {{}, denied_.Find(key, now)};
}

void VerdictCache::Put(const base::TokenKey& key,
                       std::shared_ptr<const KnownToken> verified,
                       absl::Time now) {
  const absl::Time ends = verified->ends();
  if (ends <= now) return verified_.Erase(key);
  const size_t bytes = verified->bytes();
  verified_.Put(key, std::move(verified), bytes, ends);
}

void VerdictCache::Put(const base::TokenKey& key,
                       std::shared_ptr<const Denial> denied, absl::Time now) {
  verified_.Erase(key);
  const size_t bytes = sizeof *denied + denied->message.size();
  denied_.Put(key, std::move(denied), bytes, now + denied_life_);
}

}  // namespace usher::guard

#include "lib/verify/token_cache.h"

#include <algorithm>
#include <utility>

namespace usher::verify {

TokenCache::TokenCache(Limits limits)
    : limits_(limits), map_({limits.entries, limits.bytes}) {}

std::shared_ptr<const SignedClaims> TokenCache::Find(std::string_view token,
                                                     absl::Time now) {
  if (limits_.entries == 0) return nullptr;
  return map_.Find(base::TokenKey(token), now);
}

void TokenCache::Put(std::string_view token,
                     std::shared_ptr<const SignedClaims> claims,
                     absl::Time now) {
  const absl::Time expires_at =
      std::min(claims->claims.expires_at.value_or(absl::InfiniteFuture()),
               now + limits_.longest_life);
  if (limits_.entries == 0 || expires_at <= now) return;
  const size_t bytes = claims->claims.Footprint();
  map_.Put(base::TokenKey(token), std::move(claims), bytes, expires_at);
}

void TokenCache::Erase(std::string_view token) {
  if (limits_.entries == 0) return;
  map_.Erase(base::TokenKey(token));
}

}  // namespace usher::verify

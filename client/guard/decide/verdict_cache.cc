#include "client/guard/decide/verdict_cache.h"

#include <algorithm>
#include <utility>

namespace usher::guard {
namespace {

// The payload, and its parsed form once a handler or a rule has read a claim.
constexpr size_t kBytesPerClaimsByte = 4;

}  // namespace

size_t BytesOf(const Caller& caller) {
  const VerifiedToken& token = caller.token();
  size_t bytes = sizeof caller + token.issuer().size() +
                 token.issuer_name().size() +
                 kBytesPerClaimsByte * token.claims_json().size();
  for (const auto* text :
       {&token.subject(), &token.client_id(), &token.token_id(),
        &token.session_id(), &token.key_id(), &token.algorithm(),
        &token.confirmation_json()}) {
    bytes += text->has_value() ? (*text)->size() : 0;
  }
  for (const auto* texts : {&token.audiences(), &token.scopes()}) {
    for (const std::string& text : *texts) bytes += sizeof text + text.size();
  }
  return bytes;
}

VerdictCache::VerdictCache(const Limits& limits)
    : denied_life_(limits.denied_life),
      verified_(limits.verified),
      denied_(limits.denied) {}

VerdictCache::Verdict VerdictCache::Find(const base::TokenKey& key,
                                         absl::Time now) {
  if (auto caller = verified_.Find(key, now)) return {std::move(caller), {}};
  return {{}, denied_.Find(key, now)};
}

void VerdictCache::Put(const base::TokenKey& key,
                       std::shared_ptr<const Caller> caller, absl::Time sent,
                       absl::Time now) {
  const absl::Time ends =
      std::min(sent + caller->token().cache_for(),
               caller->expires_at().value_or(absl::InfiniteFuture()));
  if (ends <= now) return;
  const size_t bytes = BytesOf(*caller);
  verified_.Put(key, std::move(caller), bytes, ends);
}

void VerdictCache::Put(const base::TokenKey& key,
                       std::shared_ptr<const Denial> denied, absl::Time now) {
  const size_t bytes = sizeof *denied + denied->message.size();
  denied_.Put(key, std::move(denied), bytes, now + denied_life_);
}

}  // namespace usher::guard

#include "client/guard/decide/known_token.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

namespace usher::guard {
namespace {

// The payload, and its parsed form once a handler or a rule has read a claim.
constexpr size_t kBytesPerClaimsByte = 4;
// Control blocks, and an entry in the verdict cache and in the admissions.
constexpr size_t kOverhead = 512;

constexpr int64_t kUnderWay = std::numeric_limits<int64_t>::max();

absl::Time EndOf(const Caller& caller, absl::Time sent) {
  return std::min(sent + caller.token().cache_for(),
                  caller.expires_at().value_or(absl::InfiniteFuture()));
}

// A verdict that ends with its token is not worth a refresh.
absl::Time RefreshFrom(const Caller& caller, absl::Time sent, double jitter) {
  const absl::Time ends = EndOf(caller, sent);
  if (caller.expires_at() == ends) return absl::InfiniteFuture();
  const absl::Duration third = (ends - sent) / 3;
  return ends - third + third * (jitter / 2);
}

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

std::shared_ptr<const KnownToken> KnownToken::Create(std::string_view token,
                                                     Caller caller,
                                                     absl::Time sent,
                                                     double jitter,
                                                     MemoryBudget& budget) {
  const size_t bytes =
      kOverhead + sizeof(KnownToken) + token.size() + BytesOf(caller);
  std::optional<MemoryBudget::Reservation> room = budget.Reserve(bytes);
  if (!room) return nullptr;
  return std::shared_ptr<const KnownToken>(
      new KnownToken(token, std::make_shared<const Caller>(std::move(caller)),
                     sent, jitter, bytes, *std::move(room)));
}

KnownToken::KnownToken(std::string_view token,
                       std::shared_ptr<const Caller> caller, absl::Time sent,
                       double jitter, size_t bytes,
                       MemoryBudget::Reservation room)
    : room_(std::move(room)),
      bytes_(bytes),
      token_(token),
      caller_(std::move(caller)),
      ends_(EndOf(*caller_, sent)),
      refresh_from_(RefreshFrom(*caller_, sent, jitter)),
      next_refresh_(0) {}

bool KnownToken::TakeRefresh(absl::Time now) const {
  int64_t next = next_refresh_.load(std::memory_order_relaxed);
  return next <= absl::ToUnixNanos(now) &&
         next_refresh_.compare_exchange_strong(next, kUnderWay,
                                               std::memory_order_relaxed);
}

}  // namespace usher::guard

#include "lib/jwks/refresh_rule.h"

#include <algorithm>

namespace usher::jwks {
namespace {

// How long before the end of freshness a refresh begins: enough time for some
// failed attempts before the served keys are stale.
constexpr absl::Duration kAhead = absl::Seconds(30);

absl::Time AheadOfStaleness(const RefreshHistory& history, double jitter) {
  // A set that is fresh for less than a minute is refreshed after half of it.
  const absl::Duration ahead = std::min(kAhead, history.freshness / 2);
  return *history.last_success + history.freshness - ahead -
         history.freshness * 0.05 * jitter;
}

absl::Time AfterBackoff(const RefreshHistory& history,
                        const RefreshLimits& limits, double jitter) {
  absl::Duration wait = limits.first_retry;
  for (int i = 1; i < history.failures && wait < limits.last_retry; ++i) {
    wait *= 2;
  }
  wait = std::min(wait, limits.last_retry);
  // From the end: an attempt may take longer than the wait.
  const absl::Time end = history.last_end.value_or(*history.last_attempt);
  return std::max(end + wait - wait * 0.25 * jitter, history.not_before);
}

// Whether the token may have been issued after the last good fetch began.
bool MayBeNewer(const RefreshHistory& history, const RefreshLimits& limits,
                const MissingKey& missing, absl::Time seen_at) {
  if (!missing.issued_at || !history.last_success) return false;
  return std::min(*missing.issued_at + limits.issue_slack, seen_at) >
         *history.last_success;
}

}  // namespace

KeyLifetime LifetimeOf(absl::Time fresh_until, const RefreshLimits& limits) {
  return {fresh_until, fresh_until + limits.stale_for};
}

KeyLifetime LifetimeOf(const RefreshHistory& history,
                       const RefreshLimits& limits) {
  if (!history.last_success.has_value()) return {};
  return LifetimeOf(*history.last_success + history.freshness, limits);
}

absl::Duration FreshnessOf(std::optional<absl::Duration> max_age,
                           const RefreshLimits& limits) {
  if (!max_age.has_value()) return limits.freshness;
  return std::clamp(*max_age, limits.min_freshness, limits.max_freshness);
}

absl::Time NextRefresh(const RefreshHistory& history,
                       const RefreshLimits& limits, double jitter) {
  if (!history.last_attempt.has_value()) return absl::InfinitePast();
  if (history.failures > 0 || !history.last_success.has_value()) {
    return AfterBackoff(history, limits, jitter);
  }
  return AheadOfStaleness(history, jitter);
}

MissingKeyAnswer OnMissingKey(const RefreshHistory& history,
                              const RefreshLimits& limits, absl::Time budget,
                              bool fetching, const MissingKey& missing,
                              absl::Time seen_at, absl::Time now) {
  const MissingKeyAnswer answer =
      AfterFetch(history, limits, missing, seen_at, now);
  const bool doubts_signature = missing.cause == Trigger::kFailedSignature;
  if (doubts_signature && answer == MissingKeyAnswer::kNotFound) return answer;
  if (fetching) return MissingKeyAnswer::kJoin;
  if (history.failures == 0 && budget <= now) return MissingKeyAnswer::kFetch;
  return answer;
}

MissingKeyAnswer AfterFetch(const RefreshHistory& history,
                            const RefreshLimits& limits,
                            const MissingKey& missing, absl::Time seen_at,
                            absl::Time now) {
  using enum MissingKeyAnswer;
  if (missing.cause == Trigger::kFailedSignature) {
    const bool may_be_newer =
        history.failures == 0 && MayBeNewer(history, limits, missing, seen_at);
    return may_be_newer ? kOwe : kNotFound;
  }
  // The provider did not answer, so the key may exist.
  if (history.failures > 0) return kUndecided;
  if (!LifetimeOf(history, limits).UsableAt(now)) return kUndecided;
  return MayBeNewer(history, limits, missing, seen_at) ? kOwe : kNotFound;
}

}  // namespace usher::jwks

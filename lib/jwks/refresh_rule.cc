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
  return end + wait - wait * 0.25 * jitter;
}

// Whether the provider was asked so recently that an unknown kid is no reason
// to ask again. Not if the clock was set back: that could last for hours.
bool CoolingDown(const RefreshHistory& history, const RefreshLimits& limits,
                 absl::Time now) {
  const std::optional<absl::Time>& since =
      history.failures > 0 ? history.last_attempt : history.last_kid_attempt;
  return since.has_value() && now >= *since && now < *since + limits.cooldown;
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

UnknownKid OnUnknownKid(const RefreshHistory& history,
                        const RefreshLimits& limits, bool fetching,
                        std::optional<absl::Time> issued_at, absl::Time seen_at,
                        absl::Time now) {
  if (fetching) return UnknownKid::kJoin;
  if (!CoolingDown(history, limits, now)) return UnknownKid::kFetch;
  return AfterFetch(history, limits, issued_at, seen_at, now);
}

UnknownKid AfterFetch(const RefreshHistory& history,
                      const RefreshLimits& limits,
                      std::optional<absl::Time> issued_at, absl::Time seen_at,
                      absl::Time now) {
  // The provider did not answer, so the key may exist.
  if (history.failures > 0) return UnknownKid::kUndecided;
  if (!LifetimeOf(history, limits).UsableAt(now)) return UnknownKid::kUndecided;
  if (!issued_at.has_value()) return UnknownKid::kNotFound;
  const absl::Time issued_by =
      std::min(*issued_at + limits.issue_slack, seen_at);
  return issued_by > *history.last_success ? UnknownKid::kUndecided
                                           : UnknownKid::kNotFound;
}

}  // namespace usher::jwks

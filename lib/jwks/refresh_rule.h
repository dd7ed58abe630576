// When to fetch a key set, and how long to go on serving the last one: pure
// functions of (what happened, now). Nothing here knows a clock or a socket.
#pragma once

#include <optional>

#include "absl/time/time.h"

namespace usher::jwks {

// The operator's bounds; the defaults are those of docs/configuration.md.
struct RefreshLimits {
  absl::Duration freshness = absl::Minutes(10);     // where max-age is absent
  absl::Duration min_freshness = absl::Minutes(1);  // max-age is clamped into
  absl::Duration max_freshness = absl::Hours(1);    //   this span
  absl::Duration first_retry = absl::Seconds(1);    // after a failure; doubles
  absl::Duration last_retry = absl::Seconds(32);    //   up to this
  absl::Duration cooldown = absl::Seconds(30);  // between unknown-kid fetches
  absl::Duration stale_for = absl::Hours(4);    // past freshness
  absl::Duration unknown_kid_wait =
      absl::Seconds(1);  // a request waits at most
  // How far iat may lie before the true moment of issue as this clock tells it:
  // iat is cut to whole seconds, and the provider's clock is another one.
  absl::Duration issue_slack = absl::Seconds(5);

  bool operator==(const RefreshLimits&) const = default;
};

// What has happened to one key set so far.
struct RefreshHistory {
  std::optional<absl::Time> last_attempt;  // when the last fetch began
  // When the last fetch that an unknown kid caused began.
  std::optional<absl::Time> last_kid_attempt;
  std::optional<absl::Time> last_end;      // when the last fetch ended
  std::optional<absl::Time> last_success;  // when the last good fetch began
  absl::Duration freshness;                // of the set last fetched
  int failures = 0;                        // in a row, since last_success
};

// How long a set fetched with this Cache-Control max-age is fresh.
absl::Duration FreshnessOf(std::optional<absl::Duration> max_age,
                           const RefreshLimits& limits);

// When the next fetch is due of itself: ahead of the end of freshness (by 30 s
// and up to 5 % more), or after the backoff when the last attempt failed,
// counted from its end (and up to a quarter less). Before the first attempt:
// InfinitePast. `jitter` in [0, 1) spreads issuers and replicas.
absl::Time NextRefresh(const RefreshHistory& history,
                       const RefreshLimits& limits, double jitter);

enum class Servable { kNone, kFresh, kStale, kTooOld };

// Whether the set last fetched may be used at `now`.
Servable ServableAt(const RefreshHistory& history, const RefreshLimits& limits,
                    absl::Time now);

// What to do with a token whose kid no served key has.
enum class UnknownKid {
  kFetch,      // ask the provider now, and wait
  kJoin,       // a fetch that may answer is under way: wait for it
  kNotFound,   // the provider was asked lately: there is no such key
  kUndecided,  // issued after the last look: may be a fresh rotation
};

// A fetch for an unknown kid is followed by the cooldown, whatever came of it;
// after a failure the cooldown counts from the last attempt of any kind.
//
// `issued_at` is the unverified iat: it may only withhold a KEY_NOT_FOUND,
// never cause a fetch. `seen_at` is when the token was in hand, at the latest
// now: it cannot have been issued later. `fetching`: an attempt is under way
// now.
UnknownKid OnUnknownKid(const RefreshHistory& history,
                        const RefreshLimits& limits, bool fetching,
                        std::optional<absl::Time> issued_at, absl::Time seen_at,
                        absl::Time now);

// The same for a token that has waited once: kNotFound or kUndecided, as the
// last fetch that ended tells.
UnknownKid AfterFetch(const RefreshHistory& history,
                      const RefreshLimits& limits,
                      std::optional<absl::Time> issued_at, absl::Time seen_at,
                      absl::Time now);

}  // namespace usher::jwks

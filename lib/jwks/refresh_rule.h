// When to fetch a key set, and how long to serve the last one: pure functions
// of the history of fetches and the time. No clock, no socket.
#pragma once

#include <optional>

#include "absl/time/time.h"
#include "lib/jwks/observer.h"

namespace usher::jwks {

// The operator's bounds. docs/configuration.md lists the defaults.
struct RefreshLimits {
  absl::Duration freshness = absl::Minutes(10);     // if there is no max-age
  absl::Duration min_freshness = absl::Minutes(1);  // max-age is clamped into
  absl::Duration max_freshness = absl::Hours(1);    //   this span
  absl::Duration first_retry = absl::Seconds(1);    // after a failure; doubles
  absl::Duration last_retry = absl::Seconds(32);    //   up to this
  absl::Duration timeout = absl::Seconds(5);        // of one request
  // Between the fetches that tokens cause, once FetchBudget::kBurst are spent.
  absl::Duration cooldown = absl::Seconds(5);
  absl::Duration stale_for = absl::Hours(4);           // past freshness
  absl::Duration unknown_kid_wait = absl::Seconds(1);  // longest for a request
  // How far iat may be before the true moment of issue by this clock: iat has
  // whole seconds, and the provider has another clock.
  absl::Duration issue_slack = absl::Seconds(5);

  bool operator==(const RefreshLimits&) const = default;
};

// The fetches of one key set so far.
struct RefreshHistory {
  std::optional<absl::Time> last_attempt;  // when the last fetch began
  std::optional<absl::Time> last_end;      // when the last fetch ended
  std::optional<absl::Time> last_success;  // when the last good fetch began
  absl::Duration freshness;                // of the set last fetched
  int failures = 0;                        // in a row, since last_success
  // The provider does not want to be asked before (retry_after.h).
  absl::Time not_before = absl::InfinitePast();
};

// Until when a key set may be served: first fresh, then stale, then not at all.
struct KeyLifetime {
  absl::Time fresh_until = absl::InfinitePast();
  absl::Time usable_until = absl::InfinitePast();  // fresh_until + stale_for

  bool StaleAt(absl::Time now) const { return now >= fresh_until; }
  bool UsableAt(absl::Time now) const { return now < usable_until; }
};

// Of a set that is fresh until `fresh_until`.
KeyLifetime LifetimeOf(absl::Time fresh_until, const RefreshLimits& limits);

// Of the set last fetched; never usable if there is none.
KeyLifetime LifetimeOf(const RefreshHistory& history,
                       const RefreshLimits& limits);

// How long a set fetched with this Cache-Control max-age is fresh.
absl::Duration FreshnessOf(std::optional<absl::Duration> max_age,
                           const RefreshLimits& limits);

// When the next regular fetch is due: ahead of the end of freshness (by 30 s
// and up to 5 % more), or after the backoff when the last attempt failed,
// counted from its end (and up to a quarter less), and no sooner than the
// provider asked for. Before the first attempt: InfinitePast. `jitter` in [0,
// 1) spreads issuers and replicas.
absl::Time NextRefresh(const RefreshHistory& history,
                       const RefreshLimits& limits, double jitter);

// A token that no served key verifies.
struct MissingKey {
  // kUnknownKid: no served key has its kid. kFailedSignature: one has, or none
  // has a kid, but the key does not verify it. The provider may have replaced
  // the key and kept the kid.
  Trigger cause = Trigger::kUnknownKid;
  // Unverified. It may cause a fetch from the budget, and may delay a denial
  // only while that fetch is owed or running.
  std::optional<absl::Time> issued_at = {};
};

enum class MissingKeyAnswer {
  kFetch,      // ask the provider now, and wait
  kJoin,       // a fetch that may bring the key is in flight: wait for it
  kOwe,        // ask the provider as soon as the budget allows
  kNotFound,   // the provider was asked: it has no other key
  kUndecided,  // the provider does not answer: there may be such a key
};

// What to do with the token. `budget` is FetchBudget::NextAt(). An unknown kid
// is worth a fetch whenever the budget allows one; but only a token that may
// have been issued after the last fetch is owed one, and only that is a reason
// to doubt a failed signature. While the provider fails, tokens cause no fetch,
// because NextRefresh() tries again anyway, and doubt no signature.
//
// `seen_at` is when the token arrived, at the latest now: it cannot have been
// issued later. `fetching`: a fetch is in flight.
MissingKeyAnswer OnMissingKey(const RefreshHistory& history,
                              const RefreshLimits& limits, absl::Time budget,
                              bool fetching, const MissingKey& missing,
                              absl::Time seen_at, absl::Time now);

// The same for a token that has waited for a fetch: kNotFound, kUndecided or
// kOwe, by the last fetch that ended.
MissingKeyAnswer AfterFetch(const RefreshHistory& history,
                            const RefreshLimits& limits,
                            const MissingKey& missing, absl::Time seen_at,
                            absl::Time now);

}  // namespace usher::jwks

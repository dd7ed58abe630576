// The keys of one issuer, as last fetched.
//
// Keys() reads memory: no lock, no allocation, no waiting, whatever a writer
// does (base/snapshot.h explains). Everything else happens beside it: refreshes
// ahead of time, one shared fetch for a missing key, backoff, staleness.
// refresh_rule.h decides when.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "lib/base/clock.h"
#include "lib/base/executor.h"
#include "lib/base/mutex.h"
#include "lib/base/scheduler.h"
#include "lib/base/snapshot.h"
#include "lib/http/client.h"
#include "lib/jose/key_set.h"
#include "lib/jwks/fetch_budget.h"
#include "lib/jwks/key_loader.h"
#include "lib/jwks/key_source.h"
#include "lib/jwks/observer.h"
#include "lib/jwks/refresh_rule.h"
#include "lib/jwks/waiters.h"

namespace usher::jwks {

// The result of Keys(): a key set, and until when it may be used. Immutable.
struct KeySnapshot : KeyLifetime {
  jose::KeySet keys;
  // When the fetch that brought them began. Absent: there are none yet.
  std::optional<absl::Time> fetched_at;
  uint64_t generation = 0;  // grows by one with every replacement
};

// For operators: ListIssuers, the status page.
struct CacheStatus {
  std::optional<absl::Time> last_attempt;
  std::optional<absl::Time> last_success;
  std::optional<absl::Time> next_refresh;  // absent: nothing to fetch (inline)
  std::optional<std::string> last_error;   // since last_success
  int failures = 0;
  // When each served key was first seen, in the order of keys.keys().
  std::vector<absl::Time> first_seen;
};

// Thread-safe.
class Cache : public std::enable_shared_from_this<Cache> {
 public:
  // All of them outlive the cache.
  struct Deps {
    http::Client& http;
    base::Scheduler& scheduler;
    // Runs the callbacks of waiters, and looks at the source.
    base::Executor& executor;
    const base::Clock& clock;
    Observer& observer;
  };
  struct Settings {
    std::string issuer_name;  // for the observer
    std::string issuer;       // what discovery must answer
    Source source;
    http::FetchOptions fetch;
    http::CredentialPaths credentials = {};
    RefreshLimits limits;

    bool operator==(const Settings&) const = default;
  };

  static std::shared_ptr<Cache> Create(Settings settings, Deps deps);
  ~Cache();

  // Begins the first fetch, after `delay`, and all later ones. Inline keys and
  // files are loaded when this returns, whatever the delay; a file that
  // cannot be read is a failed fetch. The first token that needs a key ends the
  // delay.
  void Start(absl::Duration delay = absl::ZeroDuration());
  // No further fetch begins. Waiters get kUndecided, callers of Refresh() get
  // kCancelled. The last keys stay served.
  void Stop();

  base::Lease<KeySnapshot> Keys() const { return served_.Read(); }

  using Outcome = WaitOutcome;
  using Waiter = jwks::Waiter;

  // For a token that no key of Keys() verifies, or while no key is usable.
  // Calls `waiter` exactly once, at the latest after limits.unknown_kid_wait or
  // at `deadline`; on the executor, never inline. Exception: where the answer
  // needs no wait, or the next fetch begins too late, it is returned and
  // `waiter` is dropped. All waiters share one fetch. At most kMaxWaiters wait;
  // one more gets kUndecided at once.
  static constexpr size_t kMaxWaiters = 20000;
  std::optional<Outcome> AwaitKey(const MissingKey& missing,
                                  absl::Time deadline, Waiter waiter);

  // What is known without AwaitKey(): nothing if that may start a fetch, or
  // wait for one. Takes a lock for some nanoseconds, which only tokens with a
  // missing key need.
  std::optional<Outcome> OutcomeNow(const MissingKey& missing) const;

  // The answer for a token that has waited (kRefreshed) and whose key is still
  // missing. `asked_at` is when AwaitKey() was called. kNotFound if the
  // provider was asked after the token was issued, which is no later than
  // `asked_at`; else kUndecided, and a fetch follows as soon as the budget
  // allows.
  Outcome OutcomeAfterFetch(const MissingKey& missing, absl::Time asked_at);
  // The same, but fetches nothing.
  Outcome OutcomeWithoutFetch(const MissingKey& missing,
                              absl::Time asked_at) const;

  // For a token that was denied although the provider may have replaced its key
  // under the same kid: a fetch beside it, if the budget is untouched, so that
  // others' tokens keep their share of it. Does not wait.
  void FetchInBackground(const MissingKey& missing);

  // For a kUndecided token.
  struct Delay {
    // Until keys can be expected: a fetch under way, an owed one, or the next
    // attempt after a failed one.
    absl::Duration retry_after;
    bool provider_fails;
  };
  Delay DelayNow() const;

  // Fetches now, regardless of the budget. `done` is called exactly once, on
  // the executor. A fetch in flight may have begun before the reason for this
  // one: it is not joined, another fetch follows it.
  using RefreshCallback = absl::AnyInvocable<void(absl::Status)>;
  void Refresh(RefreshCallback done);

  CacheStatus Status() const;
  const Settings& settings() const { return settings_; }
  // As Describe(settings().source).
  std::string SourceText() const { return Describe(settings_.source); }

 private:
  // One fetch, from its beginning to its end. Only one is in flight at a time,
  // so that an older answer cannot replace a newer one.
  struct Fetch {
    uint64_t number;
    Trigger trigger;
    absl::Time began;
  };

  Cache(Settings settings, Deps deps);

  // The right to fetch, if the cache is in use and no fetch is in flight.
  std::optional<Fetch> TryStartFetch(Trigger trigger, absl::Time now)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool IsInFlight(const Fetch& fetch) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  MissingKeyAnswer AnswerNow(const MissingKey& missing, absl::Time now) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  MissingKeyAnswer LastFetchAnswer(MissingKey missing,
                                   absl::Time asked_at) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // A fetch as soon as the budget allows, whether more tokens come or not.
  void Owe(Trigger trigger, absl::Time now)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  void StartFetch(Trigger trigger);
  void Load(const Fetch& fetch);
  void Finish(const Fetch& fetch, absl::StatusOr<LoadedKeys> loaded);
  // What differs from the set served before.
  struct News {
    bool keys = false;
    bool unusable_keys = false;
  };
  News Serve(const Fetch& fetch, LoadedKeys loaded);
  void ServeAsStale();

  void ScheduleLook(std::optional<absl::Time> when)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void LookAtSource();
  void ScheduleExpiry() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void ExpireWaiters();

  void Notify(std::vector<Waiter> waiters, Outcome outcome);
  void Notify(RefreshCallback callback, const absl::Status& result);
  void Notify(std::vector<RefreshCallback> callbacks,
              const absl::Status& result);

  const Settings settings_;
  const Deps deps_;
  const std::shared_ptr<KeyLoader> loader_;
  base::Snapshot<KeySnapshot> served_;

  // Held for a few instructions at a time: never while asking the network,
  // reading a file, publishing keys (which may destroy whatever else was
  // replaced meanwhile) or calling back.
  mutable base::Mutex mutex_;
  bool started_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;

  RefreshHistory history_ ABSL_GUARDED_BY(mutex_);
  FetchBudget budget_ ABSL_GUARDED_BY(mutex_);
  std::optional<Fetch> in_flight_ ABSL_GUARDED_BY(mutex_);
  uint64_t fetches_ ABSL_GUARDED_BY(mutex_) = 0;
  std::optional<std::string> last_error_ ABSL_GUARDED_BY(mutex_);
  // As CacheStatus::first_seen.
  std::vector<absl::Time> first_seen_ ABSL_GUARDED_BY(mutex_);

  std::optional<base::Scheduler::Ticket> look_timer_ ABSL_GUARDED_BY(mutex_);
  std::optional<absl::Time> next_look_ ABSL_GUARDED_BY(mutex_);

  // The fetch that tokens are owed.
  struct Owed {
    absl::Time at;
    base::Scheduler::Ticket timer;
  };
  std::optional<Owed> owed_ ABSL_GUARDED_BY(mutex_);

  Waiters waiters_ ABSL_GUARDED_BY(mutex_);
  std::optional<base::Scheduler::Ticket> expiry_timer_ ABSL_GUARDED_BY(mutex_);
  std::optional<absl::Time> next_expiry_ ABSL_GUARDED_BY(mutex_);

  // Of Refresh(): for the fetch in flight, and for the one that follows it.
  std::vector<RefreshCallback> callbacks_ ABSL_GUARDED_BY(mutex_);
  std::vector<RefreshCallback> next_callbacks_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace usher::jwks

// The keys of one issuer, as last seen.
//
// Keys() reads memory: no lock, no allocation, no waiting, whatever a writer
// does (base/snapshot.h explains). Everything else happens beside it: refreshes
// ahead of time, one shared fetch for an unknown kid, backoff, staleness. When
// which of these happens is refresh_rule.h's.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "lib/base/clock.h"
#include "lib/base/executor.h"
#include "lib/base/scheduler.h"
#include "lib/base/snapshot.h"
#include "lib/http/client.h"
#include "lib/jose/key_set.h"
#include "lib/jwks/refresh_rule.h"
#include "lib/jwks/source.h"

namespace usher::jwks {

enum class Trigger { kStartup, kRefresh, kUnknownKid, kManual, kFileChanged };

// News of key sets. Called on a fetching thread; must be quick. Thread-safe.
class Observer {
 public:
  virtual ~Observer() = default;
  virtual void OnFetch(const std::string& issuer_name, Trigger trigger,
                       const absl::Status& result, absl::Duration took) = 0;
  // The key set now served differs from the one before.
  virtual void OnKeysChanged(const std::string& issuer_name, size_t keys) = 0;
};

// What Keys() shows. Immutable.
struct KeySnapshot {
  jose::KeySet keys;
  // When the fetch that brought them began; absent while there are none.
  std::optional<absl::Time> fetched_at;
  absl::Time fresh_until = absl::InfinitePast();
  absl::Time usable_until = absl::InfinitePast();  // fresh_until + stale_for
  uint64_t generation = 0;  // grows by one with every replacement

  bool UsableAt(absl::Time now) const { return now < usable_until; }
  bool StaleAt(absl::Time now) const { return now >= fresh_until; }
};

// For people: ListIssuers, the status page.
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
  // Everything a cache needs; all outlive it.
  struct Parts {
    http::Client& http;
    base::Scheduler& scheduler;
    // Runs those who waited; never the fetching thread.
    base::Executor& executor;
    const base::Clock& clock;
    Observer& observer;
  };
  struct Settings {
    std::string issuer_name;  // for news
    std::string issuer;       // what discovery must answer
    Source source;
    http::FetchOptions trust;
    RefreshLimits limits;

    bool operator==(const Settings&) const = default;
  };

  static std::shared_ptr<Cache> Create(Settings settings, Parts parts);
  ~Cache();

  // Begins the first fetch, after `delay`, and all later ones. Inline keys and
  // files are there when this returns, whatever `delay` says; a file that
  // cannot be read is a failed fetch. Whoever asks for a key first ends the
  // delay.
  void Start(absl::Duration delay = absl::ZeroDuration());
  // No further fetch begins; those who wait are told kUndecided, those who
  // called Refresh() kCancelled. The last keys go on being served.
  void Stop();

  base::Lease<KeySnapshot> Keys() const { return served_.Read(); }

  // How a wait for keys ended.
  enum class Outcome {
    kLookAgain,  // a fetch ended well since you looked: look once more
    kNotFound,   // the provider was asked and has no such key
    kUndecided,  // cannot tell: retry later
  };
  using Waiter = std::function<void(Outcome)>;

  // For a token whose kid is not among Keys() (or while there are no usable
  // keys): calls `waiter` exactly once, at the latest after
  // limits.unknown_kid_wait or at `deadline`; on the executor, never inline,
  // except where the answer needs no wait: then it is returned and `waiter` is
  // dropped uncalled. All who wait share one fetch.
  // At most kMaxWaiters may wait; one more is kUndecided at once.
  static constexpr size_t kMaxWaiters = 20000;
  std::optional<Outcome> AwaitKey(
      std::optional<absl::Time> unverified_issued_at, absl::Time deadline,
      Waiter waiter);

  // The same answer without joining or starting anything: nothing where only
  // waiting would tell. For Decide(), and for looking once more after
  // kLookAgain: `seen_at` is then when AwaitKey() was called, and the answer is
  // never nothing: kNotFound where the provider was asked since the token was
  // issued, which is no later than `seen_at`; else kUndecided.
  // Takes a lock for some nanoseconds, which only unknown kids do.
  std::optional<Outcome> OutcomeNow(
      std::optional<absl::Time> unverified_issued_at,
      std::optional<absl::Time> seen_at = std::nullopt) const;

  // Fetches now whatever the cooldown says; `done` on the executor, exactly
  // once. A fetch under way may have begun before the reason for this one, so
  // it is not joined: another follows it.
  void Refresh(std::function<void(absl::Status)> done);

  CacheStatus Status() const;
  const Settings& settings() const { return settings_; }
  // "discovery", "jwks_url https://...", "jwks_file /...", "inline".
  std::string SourceInWords() const;

 private:
  // One fetch, from its beginning to its end. Only one is under way at a time,
  // so that an older answer cannot replace a newer one.
  struct Attempt {
    uint64_t number;
    Trigger trigger;
    absl::Time began;
  };
  // What a fetch that went well brought.
  struct Loaded {
    jose::KeySet keys;
    absl::Duration freshness;
  };
  struct State;  // state.h: all that changes, and its lock

  Cache(Settings settings, Parts parts);

  // What can be said without waiting, to one who has not waited yet or has been
  // here since `seen_at`. The lock must be held.
  std::optional<Outcome> Settled(std::optional<absl::Time> issued_at,
                                 std::optional<absl::Time> seen_at) const;
  bool IsLocal() const;

  // cache_fetch.cc
  void Begin(Trigger trigger);
  void Launch(const Attempt& attempt);
  void FetchFrom(const std::string& url, const Attempt& attempt);
  void DiscoverThenFetch(const Attempt& attempt);
  void LoadFile(const Attempt& attempt);
  void WatchFile();
  void LookAtFile();

  // cache_finish.cc
  void Finish(const Attempt& attempt, absl::StatusOr<Loaded> loaded);
  bool Serve(const Attempt& attempt, const Loaded& loaded);
  void ServeAsStale();

  // cache_timers.cc. The first two need the lock.
  void ArmRefresh(absl::Time when);
  void ArmExpiry();
  void ExpireWaiters();
  void Tell(std::vector<Waiter> waiters, Outcome outcome);

  const Settings settings_;
  const Parts parts_;
  base::Snapshot<KeySnapshot> served_;
  const std::unique_ptr<State> state_;
};

}  // namespace usher::jwks

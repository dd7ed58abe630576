#include "lib/jwks/cache.h"

#include <algorithm>
#include <iterator>
#include <random>
#include <utility>

#include "lib/base/text/strings.h"
#include "lib/jwks/retry_after.h"

namespace usher::jwks {
namespace {

// In [0, 1). Thread-safe. Not for secrets.
double Jitter() {
  thread_local std::minstd_rand chance{std::random_device{}()};
  return std::uniform_real_distribution<double>(0, 1)(chance);
}

// When each key of `next` was first seen, given when each of `last` was.
std::vector<absl::Time> FirstSeen(const jose::KeySet& last,
                                  const std::vector<absl::Time>& last_seen,
                                  const jose::KeySet& next, absl::Time now) {
  std::vector<absl::Time> seen;
  for (const jose::Key& key : next.keys()) {
    const auto known = std::find_if(
        last.keys().begin(), last.keys().end(),
        [&](const jose::Key& other) { return key.IsSameAs(other); });
    seen.push_back(known == last.keys().end()
                       ? now
                       : last_seen[known - last.keys().begin()]);
  }
  return seen;
}

}  // namespace

std::shared_ptr<Cache> Cache::Create(Settings settings, Deps deps) {
  return std::shared_ptr<Cache>(new Cache(std::move(settings), deps));
}

Cache::Cache(Settings settings, Deps deps)
    : settings_(std::move(settings)),
      deps_(deps),
      loader_(MakeLoader(settings_.source,
                         {deps.http, settings_.issuer, settings_.fetch,
                          settings_.credentials, settings_.limits})),
      served_(std::make_unique<const KeySnapshot>()),
      budget_(settings_.limits.cooldown) {}

Cache::~Cache() { Stop(); }

void Cache::Start(absl::Duration delay) {
  {
    const base::MutexLock lock(mutex_);
    if (started_ || stopped_) return;
    started_ = true;
    if (loader_->is_remote() && delay > absl::ZeroDuration()) {
      return ScheduleLook(deps_.clock.Now() + delay);
    }
  }
  StartFetch(Trigger::kStartup);
}

void Cache::Stop() {
  std::vector<Waiter> waiters;
  std::vector<RefreshCallback> callbacks;
  {
    const base::MutexLock lock(mutex_);
    if (stopped_) return;
    stopped_ = true;
    in_flight_.reset();  // its result is ignored
    next_look_.reset();
    if (look_timer_) deps_.scheduler.Cancel(*look_timer_);
    if (expiry_timer_) deps_.scheduler.Cancel(*expiry_timer_);
    if (owed_) deps_.scheduler.Cancel(owed_->timer);
    owed_.reset();
    waiters = waiters_.TakeAll();
    callbacks = std::exchange(callbacks_, {});
    std::move(next_callbacks_.begin(), next_callbacks_.end(),
              std::back_inserter(callbacks));
    next_callbacks_.clear();
  }
  loader_->Stop();
  Notify(std::move(waiters), Outcome::kUndecided);
  Notify(std::move(callbacks),
         absl::CancelledError("the issuer's configuration was replaced"));
}

void Cache::Refresh(RefreshCallback done) {
  std::optional<Fetch> fetch;
  {
    const base::MutexLock lock(mutex_);
    if (in_flight_.has_value()) {
      next_callbacks_.push_back(std::move(done));
      return;
    }
    fetch = TryStartFetch(Trigger::kManual, deps_.clock.Now());
    if (fetch.has_value()) callbacks_.push_back(std::move(done));
  }
  if (fetch.has_value()) return Load(*fetch);
  Notify(std::move(done),
         absl::FailedPreconditionError("the key set is not in use"));
}

CacheStatus Cache::Status() const {
  const base::MutexLock lock(mutex_);
  CacheStatus status;
  status.last_attempt = history_.last_attempt;
  status.last_success = history_.last_success;
  status.next_refresh = next_look_;
  status.last_error = last_error_;
  status.failures = history_.failures;
  status.first_seen = first_seen_;
  return status;
}

// A fetch, from its beginning to its end.

std::optional<Cache::Fetch> Cache::TryStartFetch(Trigger trigger,
                                                 absl::Time now) {
  if (!started_ || stopped_ || in_flight_.has_value()) return std::nullopt;
  in_flight_ = Fetch{++fetches_, trigger, now};
  history_.last_attempt = now;
  const bool by_token =
      trigger == Trigger::kUnknownKid || trigger == Trigger::kFailedSignature;
  if (by_token) budget_.Take(now);
  // Whatever it was owed for, this fetch begins later.
  if (owed_) deps_.scheduler.Cancel(owed_->timer);
  owed_.reset();
  return in_flight_;
}

bool Cache::IsInFlight(const Fetch& fetch) const {
  return in_flight_.has_value() && in_flight_->number == fetch.number;
}

void Cache::StartFetch(Trigger trigger) {
  std::optional<Fetch> fetch;
  {
    const base::MutexLock lock(mutex_);
    fetch = TryStartFetch(trigger, deps_.clock.Now());
  }
  if (fetch.has_value()) Load(*fetch);
}

void Cache::Load(const Fetch& fetch) {
  loader_->Load(
      {.now = fetch.began,
       .urgent = fetch.trigger == Trigger::kUnknownKid ||
                 fetch.trigger == Trigger::kFailedSignature},
      [weak = weak_from_this(), fetch](absl::StatusOr<LoadedKeys> loaded) {
        const std::shared_ptr<Cache> self = weak.lock();
        if (self != nullptr) self->Finish(fetch, std::move(loaded));
      });
}

// Only the fetch in flight publishes, so no lock is needed to tell which of two
// answers is newer.
Cache::News Cache::Serve(const Fetch& fetch, LoadedKeys loaded) {
  std::unique_ptr<const KeySnapshot> next;
  News news;
  {
    const base::Lease<KeySnapshot> last = Keys();
    news.keys =
        !last->fetched_at.has_value() || !last->keys.HasSameKeysAs(loaded.keys);
    news.unusable_keys =
        !loaded.keys.ignored().empty() &&
        !std::ranges::equal(last->keys.ignored(), loaded.keys.ignored());
    next = std::make_unique<const KeySnapshot>(KeySnapshot{
        LifetimeOf(fetch.began + loaded.freshness, settings_.limits),
        std::move(loaded.keys).WithKeysOf(last->keys), fetch.began,
        last->generation + 1});
    const base::MutexLock lock(mutex_);
    first_seen_ = FirstSeen(last->keys, first_seen_, next->keys, fetch.began);
  }
  served_.Publish(std::move(next));
  return news;
}

// Keys without an end of freshness (a file's) become stale when they can no
// longer be loaded.
void Cache::ServeAsStale() {
  std::unique_ptr<const KeySnapshot> next;
  {
    const base::Lease<KeySnapshot> last = Keys();
    if (last->fresh_until < absl::InfiniteFuture()) return;
    next = std::make_unique<const KeySnapshot>(
        KeySnapshot{LifetimeOf(deps_.clock.Now(), settings_.limits), last->keys,
                    last->fetched_at, last->generation + 1});
  }
  served_.Publish(std::move(next));
}

void Cache::Finish(const Fetch& fetch, absl::StatusOr<LoadedKeys> loaded) {
  {
    const base::MutexLock lock(mutex_);
    if (!IsInFlight(fetch)) return;
  }
  News news;
  if (loaded.ok()) {
    news = Serve(fetch, *loaded);
  } else {
    ServeAsStale();
  }
  const absl::Status result = loaded.status();
  const absl::Time now = deps_.clock.Now();

  std::vector<Waiter> waiters;
  std::vector<RefreshCallback> callbacks;
  std::optional<Fetch> next;
  {
    const base::MutexLock lock(mutex_);
    if (!IsInFlight(fetch)) return;  // stopped in the meantime
    in_flight_.reset();
    history_.last_end = now;
    if (loaded.ok()) {
      history_.last_success = fetch.began;
      history_.freshness = loaded->freshness;
      history_.failures = 0;
      history_.not_before = absl::InfinitePast();
      last_error_.reset();
    } else {
      ++history_.failures;
      history_.not_before = now + RetryAfterOf(result);
      last_error_ = std::string(base::Std(result.message()));
    }
    waiters = waiters_.TakeAll();
    ScheduleExpiry();
    callbacks = std::exchange(callbacks_, std::exchange(next_callbacks_, {}));
    if (!callbacks_.empty()) next = TryStartFetch(Trigger::kManual, now);
    if (!next.has_value()) {
      ScheduleLook(loader_->NextLook(history_, now, Jitter()));
    }
  }
  deps_.observer.OnFetch(settings_.issuer_name, fetch.trigger, result,
                         now - fetch.began);
  if (news.keys) {
    deps_.observer.OnKeysChanged(settings_.issuer_name,
                                 loaded->keys.keys().size());
    if (const auto why = loaded->keys.WhyAmbiguous()) {
      deps_.observer.OnAmbiguousKeys(settings_.issuer_name, *why);
    }
  }
  if (news.unusable_keys) {
    deps_.observer.OnUnusableKeys(settings_.issuer_name,
                                  loaded->keys.ignored());
  }
  Notify(std::move(waiters),
         loaded.ok() ? Outcome::kRefreshed : Outcome::kUndecided);
  Notify(std::move(callbacks), result);
  if (next.has_value()) Load(*next);
}

// Timers.

void Cache::ScheduleLook(std::optional<absl::Time> when) {
  if (look_timer_) deps_.scheduler.Cancel(*look_timer_);
  look_timer_.reset();
  next_look_ = when;
  if (!when.has_value()) return;
  // On the executor: a file may be on a slow disk, and the scheduler's thread
  // must not block.
  look_timer_ = deps_.scheduler.At(
      *when, [weak = weak_from_this(), &executor = deps_.executor] {
        executor.Run([weak] {
          if (const std::shared_ptr<Cache> self = weak.lock()) {
            self->LookAtSource();
          }
        });
      });
}

void Cache::LookAtSource() {
  RefreshHistory history;
  {
    const base::MutexLock lock(mutex_);
    if (stopped_ || in_flight_.has_value()) return;  // Finish() schedules
    history = history_;
  }
  const absl::Time now = deps_.clock.Now();
  if (const auto trigger = loader_->NeedsLoad(history, now)) {
    return StartFetch(*trigger);
  }
  const base::MutexLock lock(mutex_);
  if (stopped_ || in_flight_.has_value()) return;
  ScheduleLook(loader_->NextLook(history_, now, Jitter()));
}

// One timer, for the batch of waiters that ends first.
void Cache::ScheduleExpiry() {
  const std::optional<absl::Time> end = waiters_.first_end();
  if (end == next_expiry_) return;
  if (expiry_timer_) deps_.scheduler.Cancel(*expiry_timer_);
  expiry_timer_.reset();
  next_expiry_ = end;
  if (!end.has_value()) return;
  expiry_timer_ = deps_.scheduler.At(*end, [weak = weak_from_this()] {
    if (const std::shared_ptr<Cache> self = weak.lock()) self->ExpireWaiters();
  });
}

void Cache::ExpireWaiters() {
  std::vector<Waiter> ended;
  {
    const base::MutexLock lock(mutex_);
    expiry_timer_.reset();
    next_expiry_.reset();
    ended = waiters_.TakeUntil(deps_.clock.Now());
    ScheduleExpiry();
  }
  Notify(std::move(ended), Outcome::kUndecided);
}

void Cache::Notify(std::vector<Waiter> waiters, Outcome outcome) {
  for (Waiter& waiter : waiters) {
    deps_.executor.Run(
        [waiter = std::move(waiter), outcome]() mutable { waiter(outcome); });
  }
}

void Cache::Notify(std::vector<RefreshCallback> callbacks,
                   const absl::Status& result) {
  for (RefreshCallback& callback : callbacks) {
    Notify(std::move(callback), result);
  }
}

void Cache::Notify(RefreshCallback callback, const absl::Status& result) {
  deps_.executor.Run(
      [callback = std::move(callback), result]() mutable { callback(result); });
}

}  // namespace usher::jwks

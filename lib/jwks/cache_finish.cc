// What a fetch that ended changes, and who is told.
#include <algorithm>
#include <utility>

#include "lib/base/strings.h"
#include "lib/jwks/jitter.h"
#include "lib/jwks/state.h"

namespace usher::jwks {
namespace {

bool SameKey(const jose::Key& a, const jose::Key& b) {
  return a.kid() == b.kid() && a.thumbprint() == b.thumbprint() &&
         a.algs() == b.algs();
}

bool SameKeys(const jose::KeySet& a, const jose::KeySet& b) {
  return std::equal(a.keys().begin(), a.keys().end(), b.keys().begin(),
                    b.keys().end(), SameKey);
}

// When each of `next` was first seen, knowing when each of `last` was.
std::vector<absl::Time> FirstSeen(const jose::KeySet& last,
                                  const std::vector<absl::Time>& last_seen,
                                  const jose::KeySet& next, absl::Time now) {
  std::vector<absl::Time> seen;
  for (const jose::Key& key : next.keys()) {
    const auto known = std::find_if(
        last.keys().begin(), last.keys().end(),
        [&](const jose::Key& other) { return SameKey(key, other); });
    seen.push_back(known == last.keys().end()
                       ? now
                       : last_seen[known - last.keys().begin()]);
  }
  return seen;
}

}  // namespace

// Whoever has the attempt is the only one who publishes, so the lock is not
// needed to tell which of two answers is the newer.
bool Cache::Serve(const Attempt& attempt, const Loaded& loaded) {
  auto next = std::make_unique<KeySnapshot>();
  bool changed;
  {
    const base::Lease<KeySnapshot> last = Keys();
    changed =
        !last->fetched_at.has_value() || !SameKeys(last->keys, loaded.keys);
    // The same keys stay the same objects: what threads keep per key lives on.
    next->keys = changed ? loaded.keys : last->keys;
    next->fetched_at = attempt.began;
    next->fresh_until = attempt.began + loaded.freshness;
    next->usable_until = next->fresh_until + settings_.limits.stale_for;
    next->generation = last->generation + 1;
    std::lock_guard lock(state_->mutex);
    state_->first_seen =
        FirstSeen(last->keys, state_->first_seen, next->keys, attempt.began);
  }
  served_.Publish(std::move(next));
  return changed;
}

// Keys of a file are fresh as long as the file can be read.
void Cache::ServeAsStale() {
  auto next = std::make_unique<KeySnapshot>();
  {
    const base::Lease<KeySnapshot> last = Keys();
    if (last->fresh_until < absl::InfiniteFuture()) return;
    *next = *last;
  }
  next->fresh_until = parts_.clock.Now();
  next->usable_until = next->fresh_until + settings_.limits.stale_for;
  ++next->generation;
  served_.Publish(std::move(next));
}

void Cache::Finish(const Attempt& attempt, absl::StatusOr<Loaded> loaded) {
  {
    std::lock_guard lock(state_->mutex);
    if (!state_->IsUnderWay(attempt)) return;
  }
  const bool changed = loaded.ok() && Serve(attempt, *loaded);
  if (!loaded.ok() && IsLocal()) ServeAsStale();
  const absl::Status result = loaded.status();
  const absl::Time now = parts_.clock.Now();

  std::vector<Waiter> waiting;
  std::vector<State::Told> told;
  std::optional<Attempt> next;
  {
    std::lock_guard lock(state_->mutex);
    State& state = *state_;
    if (!state.IsUnderWay(attempt)) return;  // stopped meanwhile
    state.under_way.reset();
    state.history.last_end = now;
    if (loaded.ok()) {
      state.history.last_success = attempt.began;
      state.history.freshness = loaded->freshness;
      state.history.failures = 0;
      state.last_error.reset();
    } else {
      ++state.history.failures;
      state.last_error = std::string(base::Std(result.message()));
    }
    waiting = state.waiters.TakeAll();
    ArmExpiry();
    told = std::exchange(state.told_now, std::exchange(state.told_next, {}));
    if (!state.told_now.empty()) next = state.Claim(Trigger::kManual, now);
    if (!next.has_value() && !IsLocal()) {
      // Never at once, however short the freshness.
      ArmRefresh(
          std::max(NextRefresh(state.history, settings_.limits, Jitter()),
                   now + settings_.limits.first_retry / 2));
    }
  }
  parts_.observer.OnFetch(settings_.issuer_name, attempt.trigger, result,
                          now - attempt.began);
  if (changed) {
    parts_.observer.OnKeysChanged(settings_.issuer_name,
                                  loaded->keys.keys().size());
  }
  Tell(std::move(waiting),
       loaded.ok() ? Outcome::kLookAgain : Outcome::kUndecided);
  for (State::Told& one : told) {
    parts_.executor.Run([one = std::move(one), result] { one(result); });
  }
  if (next.has_value()) Launch(*next);
}

}  // namespace usher::jwks

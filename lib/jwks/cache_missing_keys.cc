// The answers of Cache about keys that tokens name and that are not there.
#include <algorithm>
#include <utility>

#include "lib/jwks/cache.h"

namespace usher::jwks {

MissingKeyAnswer Cache::LastFetchAnswer(MissingKey missing,
                                        absl::Time asked_at) const {
  if (!started_ || stopped_) return MissingKeyAnswer::kUndecided;
  // Local keys are loaded as soon as they change, so the last load answers for
  // every token, however new.
  if (!loader_->is_remote()) missing.issued_at.reset();
  return AfterFetch(history_, settings_.limits, missing, asked_at,
                    deps_.clock.Now());
}

MissingKeyAnswer Cache::AnswerNow(const MissingKey& missing,
                                  absl::Time now) const {
  if (!started_ || stopped_ || !loader_->is_remote()) {
    return LastFetchAnswer(missing, now);
  }
  return OnMissingKey(history_, settings_.limits, budget_.NextAt(now),
                      in_flight_.has_value(), missing, now, now);
}

std::optional<Cache::Outcome> Cache::OutcomeNow(
    const MissingKey& missing) const {
  const base::MutexLock lock(mutex_);
  switch (AnswerNow(missing, deps_.clock.Now())) {
    case MissingKeyAnswer::kNotFound:
      return Outcome::kNotFound;
    case MissingKeyAnswer::kUndecided:
      return Outcome::kUndecided;
    default:
      return std::nullopt;
  }
}

Cache::Outcome Cache::OutcomeAfterFetch(const MissingKey& missing,
                                        absl::Time asked_at) {
  const base::MutexLock lock(mutex_);
  const MissingKeyAnswer answer = LastFetchAnswer(missing, asked_at);
  if (answer == MissingKeyAnswer::kOwe) Owe(missing.cause, deps_.clock.Now());
  return answer == MissingKeyAnswer::kNotFound ? Outcome::kNotFound
                                               : Outcome::kUndecided;
}

Cache::Outcome Cache::OutcomeWithoutFetch(const MissingKey& missing,
                                          absl::Time asked_at) const {
  const base::MutexLock lock(mutex_);
  return LastFetchAnswer(missing, asked_at) == MissingKeyAnswer::kNotFound
             ? Outcome::kNotFound
             : Outcome::kUndecided;
}

std::optional<Cache::Outcome> Cache::AwaitKey(const MissingKey& missing,
                                              absl::Time deadline,
                                              Waiter waiter) {
  const absl::Time now = deps_.clock.Now();
  const absl::Time until =
      std::min(deadline, now + settings_.limits.unknown_kid_wait);
  std::optional<Fetch> fetch;
  {
    const base::MutexLock lock(mutex_);
    const MissingKeyAnswer answer = AnswerNow(missing, now);
    if (answer == MissingKeyAnswer::kNotFound) return Outcome::kNotFound;
    if (answer == MissingKeyAnswer::kUndecided) return Outcome::kUndecided;
    if (answer == MissingKeyAnswer::kOwe) Owe(missing.cause, now);
    const bool too_late = answer == MissingKeyAnswer::kOwe &&
                          owed_.has_value() && owed_->at >= until;
    if (too_late || until <= now || waiters_.size() >= kMaxWaiters) {
      return Outcome::kUndecided;
    }
    waiters_.Add(until, now, std::move(waiter));
    ScheduleExpiry();
    if (answer == MissingKeyAnswer::kFetch) {
      fetch = TryStartFetch(missing.cause, now);
    }
  }
  if (fetch.has_value()) Load(*fetch);
  return std::nullopt;
}

void Cache::FetchInBackground(const MissingKey& missing) {
  const absl::Time now = deps_.clock.Now();
  std::optional<Fetch> fetch;
  {
    const base::MutexLock lock(mutex_);
    if (!loader_->is_remote() || history_.failures > 0 ||
        !budget_.IsFull(now)) {
      return;
    }
    fetch = TryStartFetch(missing.cause, now);
  }
  if (!fetch) return;
  deps_.executor.Run([weak = weak_from_this(), fetch = *fetch] {
    if (const auto self = weak.lock()) self->Load(fetch);
  });
}

void Cache::Owe(Trigger trigger, absl::Time now) {
  if (owed_ || in_flight_ || !started_ || stopped_ || !loader_->is_remote()) {
    return;
  }
  const absl::Time at = budget_.NextAt(now);
  // On the executor, as ScheduleLook().
  owed_ = Owed{at, deps_.scheduler.At(at, [weak = weak_from_this(), trigger,
                                           &executor = deps_.executor] {
                 executor.Run([weak, trigger] {
                   if (const auto self = weak.lock()) {
                     self->StartFetch(trigger);
                   }
                 });
               })};
}

Cache::Delay Cache::DelayNow() const {
  // A fetch takes a moment after it begins.
  constexpr absl::Duration kShortest = absl::Milliseconds(500);
  const base::MutexLock lock(mutex_);
  const absl::Time now = deps_.clock.Now();
  Delay delay{absl::Seconds(1), history_.failures > 0};
  if (!in_flight_ && loader_->is_remote()) {
    absl::Time next = next_look_.value_or(absl::InfiniteFuture());
    if (!delay.provider_fails) {
      next = std::min(next, owed_ ? owed_->at : budget_.NextAt(now));
    }
    delay.retry_after = next - now + absl::Milliseconds(100);
  }
  delay.retry_after = std::max(delay.retry_after, kShortest);
  return delay;
}

}  // namespace usher::jwks

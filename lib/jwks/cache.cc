#include "lib/jwks/cache.h"

#include <algorithm>
#include <utility>

#include "lib/jwks/state.h"

namespace usher::jwks {

std::shared_ptr<Cache> Cache::Create(Settings settings, Parts parts) {
  return std::shared_ptr<Cache>(new Cache(std::move(settings), parts));
}

Cache::Cache(Settings settings, Parts parts)
    : settings_(std::move(settings)),
      parts_(parts),
      served_(std::make_unique<const KeySnapshot>()),
      state_(std::make_unique<State>()) {}

Cache::~Cache() { Stop(); }

bool Cache::IsLocal() const {
  return std::holds_alternative<JwksFile>(settings_.source) ||
         std::holds_alternative<InlineKeys>(settings_.source);
}

void Cache::Start(absl::Duration delay) {
  {
    std::lock_guard lock(state_->mutex);
    if (state_->started || state_->stopped) return;
    state_->started = true;
    if (!IsLocal() && delay > absl::ZeroDuration()) {
      return ArmRefresh(parts_.clock.Now() + delay);
    }
  }
  Begin(Trigger::kStartup);
  if (std::holds_alternative<JwksFile>(settings_.source)) WatchFile();
}

void Cache::Stop() {
  std::vector<Waiter> waiting;
  std::vector<State::Told> told;
  {
    std::lock_guard lock(state_->mutex);
    if (state_->stopped) return;
    state_->stopped = true;
    state_->under_way.reset();  // what it brings is no longer looked at
    state_->next_refresh.reset();
    if (state_->refresh_timer) parts_.scheduler.Cancel(*state_->refresh_timer);
    if (state_->expiry_timer) parts_.scheduler.Cancel(*state_->expiry_timer);
    waiting = state_->waiters.TakeAll();
    told = std::exchange(state_->told_now, {});
    std::move(state_->told_next.begin(), state_->told_next.end(),
              std::back_inserter(told));
    state_->told_next.clear();
  }
  Tell(std::move(waiting), Outcome::kUndecided);
  for (State::Told& one : told) {
    parts_.executor.Run([one = std::move(one)] {
      one(absl::CancelledError("the issuer's configuration was replaced"));
    });
  }
}

std::optional<Cache::Outcome> Cache::Settled(
    std::optional<absl::Time> issued_at,
    std::optional<absl::Time> seen_at) const {
  const State& state = *state_;
  if (!state.started || state.stopped) return Outcome::kUndecided;
  if (IsLocal()) {
    // Looked at every second anyway: no asking brings more.
    const bool known =
        state.history.last_success && state.history.failures == 0;
    return known ? Outcome::kNotFound : Outcome::kUndecided;
  }
  const absl::Time now = parts_.clock.Now();
  const UnknownKid what =
      seen_at.has_value()
          ? AfterFetch(state.history, settings_.limits, issued_at, *seen_at,
                       now)
          : OnUnknownKid(state.history, settings_.limits,
                         state.under_way.has_value(), issued_at, now, now);
  switch (what) {
    case UnknownKid::kFetch:
    case UnknownKid::kJoin:
      return std::nullopt;
    case UnknownKid::kNotFound:
      return Outcome::kNotFound;
    case UnknownKid::kUndecided:
      break;
  }
  return Outcome::kUndecided;
}

std::optional<Cache::Outcome> Cache::OutcomeNow(
    std::optional<absl::Time> unverified_issued_at,
    std::optional<absl::Time> seen_at) const {
  std::lock_guard lock(state_->mutex);
  return Settled(unverified_issued_at, seen_at);
}

std::optional<Cache::Outcome> Cache::AwaitKey(
    std::optional<absl::Time> unverified_issued_at, absl::Time deadline,
    Waiter waiter) {
  const absl::Time now = parts_.clock.Now();
  const absl::Time until =
      std::min(deadline, now + settings_.limits.unknown_kid_wait);
  std::optional<Attempt> mine;
  {
    std::lock_guard lock(state_->mutex);
    const auto settled = Settled(unverified_issued_at, std::nullopt);
    if (settled.has_value()) return settled;
    if (until <= now || state_->waiters.size() >= kMaxWaiters) {
      return Outcome::kUndecided;
    }
    state_->waiters.Add(until, now, std::move(waiter));
    ArmExpiry();
    mine = state_->Claim(Trigger::kUnknownKid, now);
  }
  if (mine.has_value()) Launch(*mine);
  return std::nullopt;
}

void Cache::Refresh(std::function<void(absl::Status)> done) {
  std::optional<Attempt> mine;
  absl::Status refused;
  {
    std::lock_guard lock(state_->mutex);
    if (!state_->started || state_->stopped) {
      refused = absl::FailedPreconditionError("the key set is not in use");
    } else if (state_->under_way.has_value()) {
      state_->told_next.push_back(std::move(done));
      return;
    } else {
      state_->told_now.push_back(std::move(done));
      mine = state_->Claim(Trigger::kManual, parts_.clock.Now());
    }
  }
  if (mine.has_value()) return Launch(*mine);
  parts_.executor.Run([done = std::move(done), refused] { done(refused); });
}

CacheStatus Cache::Status() const {
  std::lock_guard lock(state_->mutex);
  CacheStatus status;
  status.last_attempt = state_->history.last_attempt;
  status.last_success = state_->history.last_success;
  status.next_refresh = state_->next_refresh;
  status.last_error = state_->last_error;
  status.failures = state_->history.failures;
  status.first_seen = state_->first_seen;
  return status;
}

std::string Cache::SourceInWords() const { return InWords(settings_.source); }

}  // namespace usher::jwks

// What a Cache does at a later time: the next refresh, the end of waits.
#include <utility>

#include "lib/jwks/state.h"

namespace usher::jwks {

void Cache::ArmRefresh(absl::Time when) {
  if (state_->refresh_timer) parts_.scheduler.Cancel(*state_->refresh_timer);
  state_->next_refresh = when;
  state_->refresh_timer = parts_.scheduler.At(when, [weak = weak_from_this()] {
    const std::shared_ptr<Cache> self = weak.lock();
    if (self == nullptr) return;
    const bool first = !self->Status().last_attempt.has_value();
    self->Begin(first ? Trigger::kStartup : Trigger::kRefresh);
  });
}

// One timer, for the batch that ends first.
void Cache::ArmExpiry() {
  State& state = *state_;
  const std::optional<absl::Time> end = state.waiters.first_end();
  if (end == state.next_expiry) return;
  if (state.expiry_timer) parts_.scheduler.Cancel(*state.expiry_timer);
  state.expiry_timer.reset();
  state.next_expiry = end;
  if (!end.has_value()) return;
  state.expiry_timer = parts_.scheduler.At(*end, [weak = weak_from_this()] {
    if (const std::shared_ptr<Cache> self = weak.lock()) self->ExpireWaiters();
  });
}

void Cache::ExpireWaiters() {
  std::vector<Waiter> ended;
  {
    std::lock_guard lock(state_->mutex);
    state_->expiry_timer.reset();
    state_->next_expiry.reset();
    ended = state_->waiters.TakeUntil(parts_.clock.Now());
    ArmExpiry();
  }
  Tell(std::move(ended), Outcome::kUndecided);
}

void Cache::Tell(std::vector<Waiter> waiters, Outcome outcome) {
  for (Waiter& waiter : waiters) {
    parts_.executor.Run(
        [waiter = std::move(waiter), outcome] { waiter(outcome); });
  }
}

}  // namespace usher::jwks

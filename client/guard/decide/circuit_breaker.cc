#include "client/guard/decide/circuit_breaker.h"

#include <utility>

namespace usher::guard {
namespace {

constexpr int kFailuresToOpen = 5;
constexpr absl::Duration kBetweenTries = absl::Seconds(1);

bool FoundNobody(const Answer& answer) {
  using enum Undecided::Cause;
  const Undecided* undecided = answer.undecided();
  return undecided != nullptr &&
         (undecided->cause == kUnreachable || undecided->cause == kDeadline);
}

}  // namespace

void CircuitBreaker::Ask(const VerifyQuestion& question,
                         std::function<void(Answer)> done) {
  if (!MayAsk()) {
    return done(
        Undecided{.cause = Undecided::Cause::kUnreachable,
                  .message = "usherd did not answer the last questions"});
  }
  asker_->Ask(question, [this, done = std::move(done)](Answer answer) {
    Learn(answer);
    done(std::move(answer));
  });
}

bool CircuitBreaker::MayAsk() {
  std::lock_guard lock(mutex_);
  if (failures_ < kFailuresToOpen) return true;
  const absl::Time now = clock_.Now();
  if (now < next_try_) return false;
  next_try_ = now + kBetweenTries;
  return true;
}

void CircuitBreaker::Learn(const Answer& answer) {
  std::lock_guard lock(mutex_);
  if (!FoundNobody(answer)) {
    failures_ = 0;
  } else if (++failures_ == kFailuresToOpen) {
    next_try_ = clock_.Now() + kBetweenTries;
  }
}

}  // namespace usher::guard

#include "client/core/circuit_breaker.h"

namespace usher::client {
namespace {

constexpr int kFailuresToOpen = 5;
constexpr absl::Duration kProbeInterval = absl::Seconds(1);

}  // namespace

bool CircuitBreaker::Allow(absl::Time now) {
  base::MutexLock lock(mutex_);
  if (failures_ < kFailuresToOpen) return true;
  if (now < next_probe_) return false;
  next_probe_ = now + kProbeInterval;
  return true;
}

void CircuitBreaker::OnAnswer(absl::Time now) {
  base::MutexLock lock(mutex_);
  failures_ = 0;
  last_answer_ = now;
}

void CircuitBreaker::OnSilence(absl::Time sent, absl::Time now) {
  base::MutexLock lock(mutex_);
  if (last_answer_ >= sent) return;
  if (++failures_ == kFailuresToOpen) next_probe_ = now + kProbeInterval;
}

}  // namespace usher::client

#include "server/net/memory_brake.h"

#include <algorithm>
#include <utility>

namespace usher::server {

MemoryBrake::MemoryBrake(size_t most, Measure measure,
                         absl::AnyInvocable<void()> return_free)
    : most_(most),
      measure_(std::move(measure)),
      return_free_(std::move(return_free)) {}

size_t MemoryBrake::FindExcess(absl::Time now) {
  // The second condition: the clock was set back.
  if (now < next_look_ && next_look_ - now <= kLongestPause) return 0;
  size_t used = measure_();
  if (used > most_) {
    return_free_();
    used = measure_();
  }
  if (used <= most_) {
    next_look_ = now + (used > most_ / 2 ? kCloseLook : kLook);
    pause_ = kFirstPause;
    tries_ = 0;
    return 0;
  }
  if (++tries_ > kTries) pause_ = std::min(2 * pause_, kLongestPause);
  next_look_ = now + pause_;
  return used - most_ / 4 * 3;
}

}  // namespace usher::server

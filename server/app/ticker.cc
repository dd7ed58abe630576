#include "server/app/ticker.h"

#include <utility>

namespace usher::server {

Ticker::Ticker(std::chrono::milliseconds pause, std::function<void()> beat)
    : pause_(pause), beat_(std::move(beat)), thread_([this] { Run(); }) {}

Ticker::~Ticker() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  stopped_.notify_all();
  thread_.join();
}

void Ticker::Run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    lock.unlock();
    beat_();
    lock.lock();
    stopped_.wait_for(lock, pause_, [this] { return stopping_; });
  }
}

std::function<void()> Sparing(std::function<void()> beat) {
  using Clock = std::chrono::steady_clock;
  return [beat = std::move(beat), rested = Clock::time_point()]() mutable {
    const auto began = Clock::now();
    if (began < rested) return;
    beat();
    const auto ended = Clock::now();
    rested = ended + 19 * (ended - began);
  };
}

}  // namespace usher::server

#include "lib/http/per_host_queue.h"

#include <utility>

namespace usher::http {

void PerHostQueue::Push(const std::string& lane, uint64_t work) {
  Lane& entry = lanes_[lane];
  entry.waiting.push_back(work);
  QueueUp(lane, entry);
}

void PerHostQueue::QueueUp(const std::string& name, Lane& lane) {
  if (lane.in_turns || lane.waiting.empty()) return;
  if (lane.active >= max_active_per_lane_) return;
  lane.in_turns = true;
  turns_.push_back(name);
}

std::optional<PerHostQueue::Turn> PerHostQueue::Next() {
  if (active_ >= max_active_ || turns_.empty()) return std::nullopt;
  Turn turn{std::move(turns_.front()), 0};
  turns_.pop_front();
  Lane& lane = lanes_[turn.lane];
  lane.in_turns = false;
  turn.work = lane.waiting.front();
  lane.waiting.pop_front();
  ++lane.active;
  ++active_;
  QueueUp(turn.lane, lane);
  return turn;
}

void PerHostQueue::Release(const std::string& name) {
  auto found = lanes_.find(name);
  if (found == lanes_.end()) return;
  --found->second.active;
  --active_;
  QueueUp(name, found->second);
  if (found->second.active == 0 && found->second.waiting.empty()) {
    lanes_.erase(found);
  }
}

}  // namespace usher::http

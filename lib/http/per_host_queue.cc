#include "lib/http/per_host_queue.h"

#include <utility>

namespace usher::http {

void PerHostQueue::Push(const std::string& host, uint64_t id) {
  Queue& queue = queues_[host];
  queue.waiting.push_back(id);
  MarkReady(host, queue);
}

void PerHostQueue::MarkReady(const std::string& host, Queue& queue) {
  if (queue.is_ready || queue.waiting.empty()) return;
  if (queue.active >= max_active_per_host_) return;
  queue.is_ready = true;
  ready_.push_back(host);
}

std::optional<PerHostQueue::Item> PerHostQueue::Pop() {
  if (active_ >= max_active_ || ready_.empty()) return std::nullopt;
  Item item{std::move(ready_.front()), 0};
  ready_.pop_front();
  Queue& queue = queues_[item.host];
  queue.is_ready = false;
  item.id = queue.waiting.front();
  queue.waiting.pop_front();
  ++queue.active;
  ++active_;
  MarkReady(item.host, queue);
  return item;
}

void PerHostQueue::Release(const std::string& host) {
  auto found = queues_.find(host);
  if (found == queues_.end()) return;
  --found->second.active;
  --active_;
  MarkReady(host, found->second);
  if (found->second.active == 0 && found->second.waiting.empty()) {
    queues_.erase(found);
  }
}

}  // namespace usher::http

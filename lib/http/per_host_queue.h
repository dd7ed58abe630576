// Shares a limited number of places fairly between hosts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <list>
#include <map>
#include <optional>
#include <string>

namespace usher::http {

// A queue of ids for each host. At most `max_active` are active at once, at
// most `max_active_per_host` of one host, and hosts take turns: a host that
// never answers blocks only its own queue. Not thread-safe.
class PerHostQueue {
 public:
  PerHostQueue(size_t max_active, size_t max_active_per_host)
      : max_active_(max_active), max_active_per_host_(max_active_per_host) {}

  void Push(const std::string& host, uint64_t id);

  struct Item {
    std::string host;
    uint64_t id;
  };
  // The next that may begin, counted as active until Release(host).
  std::optional<Item> Pop();
  void Release(const std::string& host);

  size_t active() const { return active_; }

 private:
  struct Queue {
    std::deque<uint64_t> waiting;
    size_t active = 0;
    bool is_ready = false;  // listed in ready_
  };
  void MarkReady(const std::string& host, Queue& queue);

  const size_t max_active_;
  const size_t max_active_per_host_;
  size_t active_ = 0;
  std::map<std::string, Queue> queues_;
  // Hosts with something waiting that their own limit allows.
  std::list<std::string> ready_;
};

}  // namespace usher::http

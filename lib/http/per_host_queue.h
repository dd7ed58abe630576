// Who may go next: no lane may hold up another.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <list>
#include <map>
#include <optional>
#include <string>

namespace usher::http {

// Pieces of work, by number, in lanes (one a host). At most `max_active` go on
// at once, at most `max_active_per_lane` of one lane, and lanes take turns: a
// host that never answers fills its own lane only. Not thread-safe.
class PerHostQueue {
 public:
  PerHostQueue(size_t max_active, size_t max_active_per_lane)
      : max_active_(max_active), max_active_per_lane_(max_active_per_lane) {}

  void Push(const std::string& lane, uint64_t work);

  struct Turn {
    std::string lane;
    uint64_t work;
  };
  // Work that may begin now, counted as active until Release(lane).
  std::optional<Turn> Next();
  void Release(const std::string& lane);

  size_t active() const { return active_; }

 private:
  struct Lane {
    std::deque<uint64_t> waiting;
    size_t active = 0;
    bool in_turns = false;
  };
  void QueueUp(const std::string& name, Lane& lane);

  const size_t max_active_;
  const size_t max_active_per_lane_;
  size_t active_ = 0;
  std::map<std::string, Lane> lanes_;
  std::list<std::string> turns_;  // lanes with work that their limit allows
};

}  // namespace usher::http

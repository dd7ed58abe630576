// How many requests may wait for the network at once.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>

#include "lib/base/result.h"

namespace usher::server {

// Thread-safe. Must outlive its seats.
class WaitingRoom {
 public:
  explicit WaitingRoom(size_t seats) : seats_(seats) {}

  // Given back when the last copy goes: a waiting request's callback keeps one.
  using Seat = std::shared_ptr<void>;

  // Null when all are taken.
  Seat Take() {
    if (taken_.fetch_add(1, std::memory_order_relaxed) >= seats_) {
      taken_.fetch_sub(1, std::memory_order_relaxed);
      return nullptr;
    }
    return Seat(this, [](void* room) {
      static_cast<WaitingRoom*>(room)->taken_.fetch_sub(
          1, std::memory_order_relaxed);
    });
  }

  // What those get for whom there is none.
  static base::Refusal Full() {
    return {base::Reason::kOverloaded,
            "too many requests wait for issuers' keys", "", absl::Seconds(1)};
  }

 private:
  const size_t seats_;
  std::atomic<size_t> taken_{0};
};

}  // namespace usher::server

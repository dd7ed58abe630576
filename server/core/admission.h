// How many requests may be under way at once beyond what memory answers inline.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "lib/base/result.h"

namespace usher::server {

// Thread-safe. Must outlive its seats.
class AdmissionLimit {
 public:
  // `full` is what those are told for whom there is no seat.
  AdmissionLimit(size_t seats, const char* full) : seats_(seats), full_(full) {}

  // Given back when the last copy goes: a waiting request's callback keeps one.
  using Seat = std::shared_ptr<void>;

  // Null when all are taken.
  Seat Take() {
    if (taken_.fetch_add(1, std::memory_order_relaxed) >= seats_) {
      taken_.fetch_sub(1, std::memory_order_relaxed);
      refused_.fetch_add(1, std::memory_order_relaxed);
      return nullptr;
    }
    return Seat(this, [](void* room) {
      static_cast<AdmissionLimit*>(room)->taken_.fetch_sub(
          1, std::memory_order_relaxed);
    });
  }

  // For metrics: seats taken now, seats there are, and how often there was
  // none.
  size_t taken() const { return taken_.load(std::memory_order_relaxed); }
  size_t seats() const { return seats_; }
  uint64_t refused() const { return refused_.load(std::memory_order_relaxed); }

  // The answer to those for whom there is no seat.
  base::Refusal Full() const {
    return {Reason::kOverloaded, full_, "", absl::Seconds(1)};
  }

 private:
  const size_t seats_;
  const char* const full_;
  std::atomic<size_t> taken_{0};
  std::atomic<uint64_t> refused_{0};
};

}  // namespace usher::server

// A bound on memory that several owners share.
#pragma once

#include <atomic>
#include <cstddef>
#include <optional>
#include <utility>

namespace usher::guard {

// Thread-safe. Must outlive its reservations.
class MemoryBudget {
 public:
  explicit MemoryBudget(size_t max_bytes) : max_bytes_(max_bytes) {}

  // Returned to the budget when it is destroyed.
  class Reservation {
   public:
    Reservation(Reservation&& other) noexcept
        : budget_(std::exchange(other.budget_, nullptr)),
          bytes_(other.bytes_) {}
    Reservation& operator=(Reservation&&) = delete;
    ~Reservation() {
      if (budget_ == nullptr) return;
      budget_->used_.fetch_sub(bytes_, std::memory_order_relaxed);
    }

   private:
    friend class MemoryBudget;
    Reservation(MemoryBudget* budget, size_t bytes)
        : budget_(budget), bytes_(bytes) {}

    MemoryBudget* budget_;
    size_t bytes_;
  };

  // Empty if there is no room.
  std::optional<Reservation> Reserve(size_t bytes) {
    size_t used = used_.load(std::memory_order_relaxed);
    do {
      if (bytes > max_bytes_ || used > max_bytes_ - bytes) return std::nullopt;
    } while (!used_.compare_exchange_weak(used, used + bytes,
                                          std::memory_order_relaxed));
    return Reservation(this, bytes);
  }

  size_t used() const { return used_.load(std::memory_order_relaxed); }

 private:
  const size_t max_bytes_;
  std::atomic<size_t> used_ = 0;
};

}  // namespace usher::guard

// A bound on memory that several owners share.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <optional>
#include <utility>

namespace usher::guard {

// Thread-safe. Its reservations may outlive it: a verifier can keep a question,
// and with it a known token, for longer than the guard exists.
class MemoryBudget {
 public:
  explicit MemoryBudget(size_t max_bytes)
      : max_bytes_(max_bytes),
        used_(std::make_shared<std::atomic<size_t>>(size_t{0})) {}

  // Returned to the budget when it is destroyed.
  class Reservation {
   public:
    Reservation(Reservation&& other) noexcept = default;
    Reservation& operator=(Reservation&&) = delete;
    ~Reservation() {
      if (used_) used_->fetch_sub(bytes_, std::memory_order_relaxed);
    }

   private:
    friend class MemoryBudget;
    Reservation(std::shared_ptr<std::atomic<size_t>> used, size_t bytes)
        : used_(std::move(used)), bytes_(bytes) {}

    std::shared_ptr<std::atomic<size_t>> used_;  // null: moved from
    size_t bytes_;
  };

  // Empty if there is no room.
  std::optional<Reservation> Reserve(size_t bytes) {
    size_t used = used_->load(std::memory_order_relaxed);
    do {
      if (bytes > max_bytes_ || used > max_bytes_ - bytes) return std::nullopt;
    } while (!used_->compare_exchange_weak(used, used + bytes,
                                           std::memory_order_relaxed));
    return Reservation(used_, bytes);
  }

  size_t used() const { return used_->load(std::memory_order_relaxed); }

 private:
  const size_t max_bytes_;
  const std::shared_ptr<std::atomic<size_t>> used_;
};

}  // namespace usher::guard

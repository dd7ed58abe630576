// How many requests may be in progress at once beyond those that are answered
// from memory at once.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

#include "lib/base/result.h"

namespace usher::server {

class AdmissionLimit;

// The right of one request to be in progress: given back when it is destroyed.
// Move-only.
class Permit {
 public:
  Permit(Permit&& other) noexcept
      : limit_(std::exchange(other.limit_, nullptr)) {}
  Permit& operator=(Permit&& other) noexcept {
    std::swap(limit_, other.limit_);
    return *this;
  }
  inline ~Permit();

 private:
  friend class AdmissionLimit;
  explicit Permit(AdmissionLimit* limit) : limit_(limit) {}

  AdmissionLimit* limit_;
};

// Thread-safe. Must outlive its permits.
class AdmissionLimit {
 public:
  // `message` is for the requests that get no permit.
  AdmissionLimit(size_t permits, const char* message)
      : permits_(permits), message_(message) {}

  // Nothing when all permits are in use. Does not wait.
  std::optional<Permit> TryAcquire() {
    if (in_use_.fetch_add(1, std::memory_order_relaxed) >= permits_) {
      in_use_.fetch_sub(1, std::memory_order_relaxed);
      refused_.fetch_add(1, std::memory_order_relaxed);
      return std::nullopt;
    }
    return Permit(this);
  }

  // For metrics; `refused` counts the requests that got none.
  size_t in_use() const { return in_use_.load(std::memory_order_relaxed); }
  size_t permits() const { return permits_; }
  uint64_t refused() const { return refused_.load(std::memory_order_relaxed); }

  // The answer to requests that get no permit.
  base::Refusal Full() const {
    return {Reason::kOverloaded, message_, "", absl::Seconds(1)};
  }

 private:
  friend class Permit;

  const size_t permits_;
  const char* const message_;
  std::atomic<size_t> in_use_{0};
  std::atomic<uint64_t> refused_{0};
};

inline Permit::~Permit() {
  if (limit_) limit_->in_use_.fetch_sub(1, std::memory_order_relaxed);
}

}  // namespace usher::server

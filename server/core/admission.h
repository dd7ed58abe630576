// How many requests may be in progress at once beyond those that are answered
// from memory at once, and how much memory they may keep.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "lib/base/mutex.h"
#include "lib/base/result.h"

namespace usher::server {

class AdmissionLimit;

// The right of one request to be in progress: given back when it is destroyed.
// Move-only.
class [[nodiscard]] Permit {
 public:
  Permit(Permit&& other) noexcept
      : limit_(std::exchange(other.limit_, nullptr)),
        bytes_(other.bytes_),
        used_(other.used_) {}
  Permit& operator=(Permit&& other) noexcept {
    std::swap(limit_, other.limit_);
    std::swap(bytes_, other.bytes_);
    std::swap(used_, other.used_);
    return *this;
  }
  ~Permit() { Return(); }

  // Does nothing the second time.
  void Return();

 private:
  friend class AdmissionLimit;

  struct Use {
    size_t requests = 0;
    size_t bytes = 0;
  };
  using Uses = std::map<std::string, Use, std::less<>>;

  Permit(AdmissionLimit* limit, size_t bytes) : limit_(limit), bytes_(bytes) {}

  AdmissionLimit* limit_;
  size_t bytes_;
  // Where it counts.
  std::array<Uses::iterator, 3> used_;
};

// Thread-safe. Must outlive its permits.
//
// One client service may use a quarter of everything; the tokens of one issuer
// a half, and of that each client service a quarter. So neither a client
// service nor an issuer can take all permits, and no client service can take
// those of an issuer from the others. Whoever has none in use gets one while
// any is left, so that a large request is possible under a small limit.
class AdmissionLimit {
 public:
  struct Limits {
    size_t requests;
    size_t bytes;
  };
  // What a request can be refused for.
  enum class Bound { kRequests, kBytes, kClientService, kIssuer };
  static constexpr size_t kBounds = 4;

  // `what` is in progress, for the messages: "tokens that wait for keys".
  AdmissionLimit(Limits limits, std::string_view what)
      : limits_(limits), what_(what) {}

  struct Request {
    std::string_view client_service;  // "": anonymous
    // The configured name of the issuer that the token claims; "": of several.
    std::string_view issuer;
    size_t bytes;  // of memory that it keeps
  };
  // OVERLOADED if there is none. Does not wait.
  base::Result<Permit> TryAcquire(const Request& request);

  // For metrics; `refused` counts the requests that got none.
  size_t in_use() const { return in_use_.load(std::memory_order_relaxed); }
  size_t bytes_in_use() const { return bytes_.load(std::memory_order_relaxed); }
  const Limits& limits() const { return limits_; }
  uint64_t refused(Bound bound) const {
    return refused_[static_cast<size_t>(bound)].load(std::memory_order_relaxed);
  }

 private:
  friend class Permit;

  bool HasRoom(const Permit::Use& use, size_t bytes, size_t divisor) const;
  base::Refusal Refuse(Bound bound);
  void Return(const Permit& permit);

  const Limits limits_;
  const std::string what_;
  // Written under mutex_.
  std::atomic<size_t> in_use_{0};
  std::atomic<size_t> bytes_{0};
  std::array<std::atomic<uint64_t>, kBounds> refused_{};

  base::Mutex mutex_;
  // Only what is in use has an entry.
  Permit::Uses by_client_service_ ABSL_GUARDED_BY(mutex_);
  Permit::Uses by_issuer_ ABSL_GUARDED_BY(mutex_);
  Permit::Uses by_both_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace usher::server

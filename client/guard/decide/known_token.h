// A verified token in memory, with its caller.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "client/guard/decide/memory_budget.h"
#include "usher/caller.h"

namespace usher::guard {

// Shared by the verdict cache and the admissions of calls. Its memory is
// reserved once, however many hold it.
//
// Thread-safe.
class KnownToken {
 public:
  // For `token`, verified by a question that was sent at `sent`. `jitter`, from
  // 0 to 1, spreads the refreshes of tokens that came together. Null if
  // `budget` has no room.
  static std::shared_ptr<const KnownToken> Create(std::string_view token,
                                                  Caller caller,
                                                  absl::Time sent,
                                                  double jitter,
                                                  MemoryBudget& budget);

  // Text of the token. TokenMap compares it.
  const std::string& token() const { return token_; }
  const std::shared_ptr<const Caller>& caller() const { return caller_; }
  // Until when the verdict may be used: as long as the verifier allows, counted
  // from when it was asked, and no longer than the token is valid.
  absl::Time ends() const { return ends_; }
  // About how much memory all of this takes.
  size_t bytes() const { return bytes_; }

  // Whether a use at `now` should ask for the verdict again: in the last third
  // of its life, unless the token itself ends then. True for one user only.
  bool BeginRefresh(absl::Time now) const {
    return now >= refresh_from_ && TakeRefresh(now);
  }
  // The refresh had no decision: it may be tried again from `at` on.
  void RetryRefresh(absl::Time at) const {
    next_refresh_.store(absl::ToUnixNanos(at), std::memory_order_relaxed);
  }

 private:
  KnownToken(std::string_view token, std::shared_ptr<const Caller> caller,
             absl::Time sent, double jitter, size_t bytes,
             MemoryBudget::Reservation room);
  bool TakeRefresh(absl::Time now) const;

  const MemoryBudget::Reservation room_;
  const size_t bytes_;
  const std::string token_;
  const std::shared_ptr<const Caller> caller_;
  const absl::Time ends_;
  const absl::Time refresh_from_;
  // In nanoseconds since 1970. The maximum while a refresh is under way.
  mutable std::atomic<int64_t> next_refresh_;
};

// About how much memory `caller` takes.
size_t BytesOf(const Caller& caller);

}  // namespace usher::guard

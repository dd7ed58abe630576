// The audit log: which client service asked about a token of which issuer, and
// the verdict, one JSON object per line. docs/operations.md describes the
// lines.
//
// Writing never waits for the disk: lines go through a bounded queue to a
// thread of their own. Lost lines are counted.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <thread>

#include "absl/status/status.h"
#include "lib/base/clock.h"
#include "lib/base/mutex.h"
#include "lib/config/config.h"
#include "server/stats/audit_sampler.h"

namespace usher::server {

// What happened to the line of one verdict.
enum class AuditLine {
  kWritten,
  kSampledOut,   // a verified token outside the sample
  kLimited,      // a denied or undecided token above the rate
  kQueueFull,    // lost
  kWriteFailed,  // lost
};
inline constexpr auto kAuditLineNames = std::to_array<std::string_view>(
    {"written", "sampled_out", "limited", "queue_full", "write_failed"});
static_assert(kAuditLineNames.size() ==
              static_cast<size_t>(AuditLine::kWriteFailed) + 1);

// Thread-safe.
class AuditLog {
 public:
  static constexpr size_t kQueueBytes = 8u << 20;

  // `clock` outlives it.
  AuditLog(config::Audit settings, const base::Clock& clock);
  // Writes what is queued. Waits at most a second for a reader that does not
  // read.
  ~AuditLog();

  // Opens the file for appending. Creates it if needed, readable for owner and
  // group only. If it is renamed or removed (logrotate), the next line creates
  // a new one. Call once; nothing is written before.
  absl::Status Open();

  // Whether this verdict gets a line. Counts the verdicts that do not.
  bool WantsVerified();
  bool WantsRefused();
  // The number of refusals without a line since the last call.
  uint64_t TakeLeftOut() { return sampler_.TakeLeftOut(); }

  // `line` has no newline. Does not wait; drops the line if the queue is full.
  void Write(std::string line);

  bool has_subjects() const { return settings_.subjects; }
  absl::Time Now() const { return clock_.Now(); }
  uint64_t count(AuditLine what) const {
    return counts_[static_cast<size_t>(what)].load(std::memory_order_relaxed);
  }

 private:
  void Count(AuditLine what) {
    counts_[static_cast<size_t>(what)].fetch_add(1, std::memory_order_relaxed);
  }
  void Run();
  absl::Status OpenFile();
  void FollowRotation();
  bool WriteWhole(std::string line);
  bool Stopping();

  const config::Audit settings_;
  const base::Clock& clock_;
  AuditSampler sampler_;
  std::array<std::atomic<uint64_t>, kAuditLineNames.size()> counts_{};
  // Used by the writing thread only, once it runs.
  int file_ = -1;
  bool torn_ = false;    // the last line is incomplete
  int waits_left_ = 10;  // for a slow reader while stopping

  base::Mutex mutex_;
  base::CondVar changed_;
  std::deque<std::string> queue_ ABSL_GUARDED_BY(mutex_);
  size_t queued_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread writer_;
};

}  // namespace usher::server

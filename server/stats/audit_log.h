// The audit log: who asked about a token of which issuer, and what came of it,
// one JSON object a line. docs/operations.md describes the lines.
//
// Whoever writes is never kept waiting by a disk: lines go through a bounded
// queue to a thread of their own, and are counted where they are lost.
#pragma once

#include <array>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <thread>

#include "absl/status/status.h"
#include "lib/base/clock.h"
#include "lib/config/config.h"
#include "server/stats/audit_sampler.h"

namespace usher::server {

// What became of the line a verdict could have had.
enum class AuditLine {
  kWritten,
  kSampledOut,   // a verified token that was not in the sample
  kLimited,      // a refusal above the rate
  kQueueFull,    // lost
  kWriteFailed,  // lost
};
inline constexpr std::array<const char*, 5> kAuditLineNames = {
    "written", "sampled_out", "limited", "queue_full", "write_failed"};

// Thread-safe.
class AuditLog {
 public:
  static constexpr size_t kQueueBytes = 8u << 20;

  // `clock` outlives it.
  AuditLog(config::Audit settings, const base::Clock& clock);
  // Writes what is queued, but for a reader that does not read: it waits for
  // that one a second at most.
  ~AuditLog();

  // Opens the file, which is appended to and made if it is not there, for the
  // owner and group alone. A file that is renamed or removed (logrotate) is
  // made anew at the next line. Call once; nothing is written before.
  absl::Status Open();

  // Whether this verdict is to have a line. Counts those that are not.
  bool WantsVerified();
  bool WantsRefused();
  // Refusals that got none since this was last asked.
  uint64_t TakeLeftOut() { return rule_.TakeLeftOut(); }

  // Without its newline. Does not wait; drops it where the queue is full.
  void Write(std::string line);

  bool tells_subjects() const { return settings_.subjects; }
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
  AuditSampler rule_;
  std::array<std::atomic<uint64_t>, kAuditLineNames.size()> counts_{};
  // The writing thread's alone, once it runs.
  int file_ = -1;
  bool torn_ = false;  // the last line ended in its middle
  int patience_ = 10;  // how often to wait for a reader while stopping

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::string> queue_;
  size_t queued_bytes_ = 0;
  bool stopping_ = false;
  std::thread writer_;
};

}  // namespace usher::server

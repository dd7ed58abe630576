// Where revocations are made, kept and read: a Journal with a thread of its
// own, and the Set that verifications look at.
//
//   Revoke() -> queue -> one transaction -> durable -> in the Set -> done(OK)
//
// So what was answered with OK survives a crash, and is in force. Changes that
// wait together share one transaction, and one wait for the disk. No other
// thread ever touches the journal.
#pragma once

#include <atomic>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <variant>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "lib/base/clock.h"
#include "lib/base/mutex.h"
#include "lib/revocation/journal.h"
#include "lib/revocation/revocation.h"
#include "lib/revocation/set.h"

namespace usher::revocation {

// Thread-safe.
class Store {
 public:
  static constexpr absl::Duration kDefaultRetention = absl::Hours(25);
  // Requests that may wait for the thread. One more is kResourceExhausted.
  static constexpr size_t kMostWaiting = 4096;
  static constexpr absl::Duration kSweepPause = absl::Seconds(60);

  struct Options {
    std::optional<std::string> file;  // absent: nothing survives the process
    // How long a revocation is kept.
    absl::Duration retention = kDefaultRetention;
    // One revocation more is kResourceExhausted.
    size_t max_entries = 1'000'000;
    // The issuers whose revocations are kept until they are lifted.
    std::vector<std::string> kept_issuers = {};
  };

  // Reads every revocation; blocks until they are in the set. Fails as
  // Journal::Open() and ForEach() do. `clock` outlives the store.
  static absl::StatusOr<std::unique_ptr<Store>> Open(Options options,
                                                     const base::Clock& clock);
  // Ends what waits as usual, then joins the thread.
  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  const Set& set() const { return set_; }
  bool is_durable() const { return options_.file.has_value(); }
  absl::Duration retention() const { return options_.retention; }
  size_t max_entries() const { return options_.max_entries; }
  // Absent: until it is lifted.
  std::optional<absl::Time> ExpiryOf(const Revocation& revocation) const;
  // Failures of the journal since the start.
  uint64_t errors() const { return errors_.load(std::memory_order_relaxed); }

  // Calls `on_error` from now on, on the store's thread, when old revocations
  // could not be removed. It must not call the store.
  void ReportErrors(std::function<void(const absl::Status&)> on_error);
  // From now on the revocations of these issuers do not expire.
  void Keep(std::vector<std::string> issuers);

  // Each returns at once and calls `done` once, on the store's thread or, where
  // too much waits, inline. Not OK: nothing has changed.
  template <typename T>
  using Done = absl::AnyInvocable<void(absl::StatusOr<T>)>;
  // Sets revoked_at. Returns what is in force now: of two revocations of one
  // target the later not_issued_after.
  void Revoke(Revocation revocation, Done<Revocation> done);
  // kNotFound: there is no such revocation.
  void Unrevoke(Target target, Done<Target> done);
  void List(Query query, Done<Page> done);
  // Removes what is older than the retention; returns how many that was. The
  // thread does so by itself, every kSweepPause.
  void Sweep(Done<size_t> done);

 private:
  struct RevokeJob {
    Revocation revocation;
    Done<Revocation> done;
  };
  struct UnrevokeJob {
    Target target;
    Done<Target> done;
  };
  struct ListJob {
    Query query;
    Done<Page> done;
  };
  struct SweepJob {
    Done<size_t> done;
  };
  using Job = std::variant<RevokeJob, UnrevokeJob, ListJob, SweepJob>;
  using Jobs = std::deque<Job>;

  Store(Options options, const base::Clock& clock,
        std::unique_ptr<Journal> journal);
  absl::Status Load();
  void Push(Job job);
  void Work();
  bool TakeJobs(Jobs& jobs);
  void RunChanges(Jobs& jobs);
  // Returns what is in force now.
  absl::StatusOr<Revocation> Run(const RevokeJob& job, size_t& added);
  absl::StatusOr<Target> Run(const UnrevokeJob& job, size_t& added);
  absl::StatusOr<size_t> RunSweep();
  absl::StatusOr<size_t> SweepSome(const std::vector<std::string>& kept);
  absl::Status Counted(absl::Status status);

  const Options options_;
  const base::Clock& clock_;
  Set set_;
  const std::unique_ptr<Journal> journal_;  // the thread's, once it runs
  std::atomic<uint64_t> errors_{0};

  mutable base::Mutex mutex_;
  base::CondVar changed_;
  Jobs jobs_ ABSL_GUARDED_BY(mutex_);
  std::function<void(const absl::Status&)> on_error_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::string> kept_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace usher::revocation

#include "lib/revocation/store.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "lib/base/result.h"
#include "lib/base/text/strings.h"

namespace usher::revocation {
namespace {

// The most changes of one transaction.
constexpr size_t kMostTogether = 512;
// Rows that one transaction removes.
constexpr size_t kMostRemoved = 2000;
// Entries that are put into the set at once when the store is opened.
constexpr size_t kLoadedAtOnce = 1 << 17;

}  // namespace

absl::StatusOr<std::unique_ptr<Store>> Store::Open(Options options,
                                                   const base::Clock& clock) {
  USHER_TRY(auto journal, Journal::Open(options.file));
  std::unique_ptr<Store> store(
      new Store(std::move(options), clock, std::move(journal)));
  if (absl::Status loaded = store->Load(); !loaded.ok()) return loaded;
  store->thread_ = std::thread([store = store.get()] { store->Work(); });
  return store;
}

Store::Store(Options options, const base::Clock& clock,
             std::unique_ptr<Journal> journal)
    : options_(std::move(options)),
      clock_(clock),
      journal_(std::move(journal)),
      kept_(options_.kept_issuers) {}

Store::~Store() {
  {
    const base::MutexLock lock(mutex_);
    stopping_ = true;
  }
  changed_.SignalAll();
  if (thread_.joinable()) thread_.join();
}

absl::Status Store::Load() {
  std::vector<Set::Change> changes;
  absl::Status read = journal_->ForEach([&](const Revocation& revocation) {
    changes.emplace_back(revocation.target, revocation.not_issued_after);
    if (changes.size() < kLoadedAtOnce) return;
    set_.Apply(changes);
    changes.clear();
  });
  if (read.ok()) set_.Apply(changes);
  return read;
}

std::optional<absl::Time> Store::ExpiryOf(const Revocation& revocation) const {
  const base::MutexLock lock(mutex_);
  if (std::find(kept_.begin(), kept_.end(), revocation.target.issuer) !=
      kept_.end()) {
    return std::nullopt;
  }
  return revocation.revoked_at + options_.retention;
}

void Store::ReportErrors(std::function<void(const absl::Status&)> on_error) {
  const base::MutexLock lock(mutex_);
  on_error_ = std::move(on_error);
}

void Store::Keep(std::vector<std::string> issuers) {
  const base::MutexLock lock(mutex_);
  kept_ = std::move(issuers);
}

void Store::Revoke(Revocation revocation, Done<Revocation> done) {
  Push(RevokeJob{std::move(revocation), std::move(done)});
}
void Store::Unrevoke(Target target, Done<Target> done) {
  Push(UnrevokeJob{std::move(target), std::move(done)});
}
void Store::List(Query query, Done<Page> done) {
  Push(ListJob{std::move(query), std::move(done)});
}
void Store::Sweep(Done<size_t> done) { Push(SweepJob{std::move(done)}); }

void Store::Push(Job job) {
  {
    const base::MutexLock lock(mutex_);
    if (jobs_.size() < kMostWaiting) {
      jobs_.push_back(std::move(job));
      changed_.Signal();
      return;
    }
  }
  std::visit(
      [](auto& refused) {
        refused.done(absl::ResourceExhaustedError(
            "too many requests wait for the revocation store"));
      },
      job);
}

// Waits for jobs. False: there are none, and none will come.
bool Store::TakeJobs(Jobs& jobs) {
  const auto sweep_at =
      std::chrono::steady_clock::now() + absl::ToChronoNanoseconds(kSweepPause);
  const base::MutexLock lock(mutex_);
  while (jobs_.empty() && !stopping_) {
    if (!changed_.WaitUntil(mutex_, sweep_at)) break;
  }
  std::swap(jobs, jobs_);
  return !jobs.empty() || !stopping_;
}

void Store::Work() {
  auto swept_at = std::chrono::steady_clock::time_point();
  Jobs jobs;
  while (TakeJobs(jobs)) {
    while (!jobs.empty()) {
      if (auto* list = std::get_if<ListJob>(&jobs.front())) {
        auto page = journal_->List(list->query);
        if (!page.ok()) (void)Counted(page.status());
        list->done(std::move(page));
        jobs.pop_front();
      } else if (auto* sweep = std::get_if<SweepJob>(&jobs.front())) {
        sweep->done(RunSweep());
        jobs.pop_front();
      } else {
        RunChanges(jobs);
      }
    }
    const auto now = std::chrono::steady_clock::now();
    if (now - swept_at < absl::ToChronoNanoseconds(kSweepPause)) continue;
    swept_at = now;
    if (const auto swept = RunSweep(); !swept.ok()) {
      const base::MutexLock lock(mutex_);
      if (on_error_) on_error_(swept.status());
    }
  }
}

absl::Status Store::Counted(absl::Status status) {
  errors_.fetch_add(1, std::memory_order_relaxed);
  return status;
}

absl::StatusOr<Revocation> Store::Run(const RevokeJob& job, size_t& added) {
  USHER_TRY(const bool is_known, journal_->Has(job.revocation.target));
  if (!is_known && set_.size() + added >= options_.max_entries) {
    return absl::ResourceExhaustedError(base::StrCat(
        "there are ", options_.max_entries,
        " revocations, as many as revocation.max_entries permits: revoke by "
        "subject, client or everything instead, or raise it"));
  }
  if (!is_known) ++added;
  Revocation revocation = job.revocation;
  revocation.revoked_at = clock_.Now();
  return journal_->Put(revocation);
}

absl::StatusOr<Target> Store::Run(const UnrevokeJob& job, size_t&) {
  USHER_TRY(const bool was_there, journal_->Remove(job.target));
  if (!was_there) return absl::NotFoundError("there is no such revocation");
  return job.target;
}

// Runs the changes at the front of `jobs` as one transaction, and removes them.
void Store::RunChanges(Jobs& jobs) {
  using Result =
      std::variant<absl::StatusOr<Revocation>, absl::StatusOr<Target>>;
  // Refused by themselves; the others go on.
  const auto is_refusal = [](const absl::Status& status) {
    return absl::IsNotFound(status) || absl::IsResourceExhausted(status);
  };
  std::vector<Job> changes;
  std::vector<Result> results;
  std::vector<Set::Change> applied;
  size_t added = 0;
  absl::Status stored = journal_->Begin();
  while (!jobs.empty() && changes.size() < kMostTogether &&
         (std::holds_alternative<RevokeJob>(jobs.front()) ||
          std::holds_alternative<UnrevokeJob>(jobs.front()))) {
    changes.push_back(std::move(jobs.front()));
    jobs.pop_front();
    if (!stored.ok()) continue;
    if (const auto* revoke = std::get_if<RevokeJob>(&changes.back())) {
      auto result = Run(*revoke, added);
      if (result.ok()) {
        applied.emplace_back(result->target, result->not_issued_after);
      } else if (!is_refusal(result.status())) {
        stored = result.status();
      }
      results.emplace_back(std::move(result));
    } else {
      auto result = Run(std::get<UnrevokeJob>(changes.back()), added);
      if (result.ok()) {
        applied.emplace_back(*result, std::nullopt);
      } else if (!is_refusal(result.status())) {
        stored = result.status();
      }
      results.emplace_back(std::move(result));
    }
  }
  if (stored.ok()) stored = journal_->Commit();
  if (stored.ok()) {
    set_.Apply(applied);
  } else {
    journal_->Rollback();
    stored = Counted(std::move(stored));
  }
  for (size_t i = 0; i < changes.size(); ++i) {
    if (auto* revoke = std::get_if<RevokeJob>(&changes[i])) {
      revoke->done(stored.ok() ? std::get<0>(std::move(results[i])) : stored);
    } else {
      auto& unrevoke = std::get<UnrevokeJob>(changes[i]);
      unrevoke.done(stored.ok() ? std::get<1>(std::move(results[i])) : stored);
    }
  }
}

absl::StatusOr<size_t> Store::RunSweep() {
  const std::vector<std::string> kept = [this] {
    const base::MutexLock lock(mutex_);
    return kept_;
  }();
  size_t removed = 0;
  for (;;) {
    const auto some = SweepSome(kept);
    if (!some.ok()) return Counted(some.status());
    removed += *some;
    if (*some < kMostRemoved) return removed;
  }
}

absl::StatusOr<size_t> Store::SweepSome(const std::vector<std::string>& kept) {
  absl::Status stored = journal_->Begin();
  absl::StatusOr<std::vector<Target>> removed = std::vector<Target>();
  if (stored.ok()) {
    removed = journal_->RemoveBefore(clock_.Now() - options_.retention, kept,
                                     kMostRemoved);
    stored = removed.ok() ? journal_->Commit() : removed.status();
  }
  if (!stored.ok()) {
    journal_->Rollback();
    return stored;
  }
  std::vector<Set::Change> changes;
  for (const Target& target : *removed) {
    changes.emplace_back(target, std::nullopt);
  }
  set_.Apply(changes);
  return removed->size();
}

}  // namespace usher::revocation

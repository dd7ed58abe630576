#include "server/rpc/shared_refresh.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace usher::server {

class SharedRefresh::State : public std::enable_shared_from_this<State> {
 public:
  State(const base::Clock& clock, base::Scheduler& scheduler)
      : clock_(clock), scheduler_(scheduler) {}

  void Refresh(std::shared_ptr<jwks::Cache> keys, Done done) {
    switch (Place(keys, done)) {
      case Placed::kBeginNow:
        return keys->Refresh(std::move(done));
      case Placed::kWaits:
        return;
      case Placed::kStopped:
        return done(Stopped());
    }
  }

  void Stop() {
    std::vector<Done> waiting;
    {
      const base::MutexLock lock(mutex_);
      stopped_ = true;
      for (auto& [keys, fetches] : fetches_) {
        std::move(fetches.waiting.begin(), fetches.waiting.end(),
                  std::back_inserter(waiting));
      }
      fetches_.clear();
    }
    for (Done& done : waiting) done(Stopped());
  }

 private:
  static constexpr size_t kForgetAt = 256;

  struct Fetches {
    absl::Time last_began;
    std::vector<Done> waiting;  // for the next
  };

  static absl::Status Stopped() {
    return absl::CancelledError("usherd is stopping");
  }

  enum class Placed { kBeginNow, kWaits, kStopped };
  // Takes `done` if it has to wait.
  Placed Place(const std::shared_ptr<jwks::Cache>& keys, Done& done) {
    const base::MutexLock lock(mutex_);
    if (stopped_) return Placed::kStopped;
    const absl::Time now = clock_.Now();
    ForgetMany(now);
    const auto [found, added] = fetches_.try_emplace(keys.get());
    Fetches& fetches = found->second;
    if (added || IsOver(fetches, now)) {
      fetches.last_began = now;
      return Placed::kBeginNow;
    }
    if (fetches.waiting.empty()) {
      // Weak, because the scheduler may drop it late. Who waits keeps the keys.
      scheduler_.At(fetches.last_began + kPause,
                    [self = weak_from_this(), keys = std::weak_ptr(keys)] {
                      const auto state = self.lock();
                      const auto cache = keys.lock();
                      if (state && cache) state->Begin(*cache);
                    });
    }
    fetches.waiting.push_back(std::move(done));
    return Placed::kWaits;
  }

  // One fetch for all that wait.
  void Begin(jwks::Cache& keys) {
    std::vector<Done> waiting;
    {
      const base::MutexLock lock(mutex_);
      const auto found = fetches_.find(&keys);
      if (found == fetches_.end()) return;
      waiting = std::exchange(found->second.waiting, {});
      found->second.last_began = clock_.Now();
    }
    keys.Refresh(
        [waiting = std::move(waiting)](const absl::Status& status) mutable {
          for (Done& done : waiting) done(status);
        });
  }

  // Need not be waited for; also if the clock was set back.
  static bool IsOver(const Fetches& fetches, absl::Time now) {
    return fetches.waiting.empty() &&
           (now >= fetches.last_began + kPause || now < fetches.last_began);
  }

  // Issuers come and go with the configuration.
  void ForgetMany(absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (fetches_.size() < forget_at_) return;
    absl::erase_if(
        fetches_, [&](const auto& entry) { return IsOver(entry.second, now); });
    forget_at_ = std::max(kForgetAt, 2 * fetches_.size());
  }

  const base::Clock& clock_;
  base::Scheduler& scheduler_;
  base::Mutex mutex_;
  size_t forget_at_ ABSL_GUARDED_BY(mutex_) = kForgetAt;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  absl::flat_hash_map<const jwks::Cache*, Fetches> fetches_
      ABSL_GUARDED_BY(mutex_);
};

SharedRefresh::SharedRefresh(const base::Clock& clock,
                             base::Scheduler& scheduler)
    : state_(std::make_shared<State>(clock, scheduler)) {}

SharedRefresh::~SharedRefresh() { Stop(); }

void SharedRefresh::Refresh(std::shared_ptr<jwks::Cache> keys, Done done) {
  state_->Refresh(std::move(keys), std::move(done));
}

void SharedRefresh::Stop() { state_->Stop(); }

}  // namespace usher::server

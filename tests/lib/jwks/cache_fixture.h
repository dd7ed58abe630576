// A Cache with fakes for everything around it.
#pragma once

#include <algorithm>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "lib/base/executor.h"
#include "lib/base/mutex.h"
#include "lib/jwks/cache.h"
#include "tests/lib/jwks/keys_of.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_http.h"
#include "tests/support/fake_scheduler.h"

namespace usher::testing {

// Records what a cache reports. Thread-safe.
class RecordingObserver final : public jwks::Observer {
 public:
  void OnFetch(const std::string&, jwks::Trigger trigger,
               const absl::Status& result, absl::Duration) override {
    const base::MutexLock lock(mutex_);
    fetches_.emplace_back(trigger, result.ok());
  }
  void OnKeysChanged(const std::string&, size_t keys) override {
    const base::MutexLock lock(mutex_);
    changes_.push_back(keys);
  }
  void OnUnusableKeys(const std::string&,
                      std::span<const std::string> why) override {
    const base::MutexLock lock(mutex_);
    unusable_.insert(unusable_.end(), why.begin(), why.end());
  }
  void OnAmbiguousKeys(const std::string&, const std::string& why) override {
    const base::MutexLock lock(mutex_);
    ambiguous_.push_back(why);
  }
  std::vector<std::string> ambiguous() const {
    const base::MutexLock lock(mutex_);
    return ambiguous_;
  }
  // Every line of every report.
  std::vector<std::string> unusable() const {
    const base::MutexLock lock(mutex_);
    return unusable_;
  }
  std::vector<std::pair<jwks::Trigger, bool>> fetches() const {
    const base::MutexLock lock(mutex_);
    return fetches_;
  }
  // How many keys there were after each change.
  std::vector<size_t> changes() const {
    const base::MutexLock lock(mutex_);
    return changes_;
  }

 private:
  mutable base::Mutex mutex_;
  std::vector<std::pair<jwks::Trigger, bool>> fetches_ ABSL_GUARDED_BY(mutex_);
  std::vector<size_t> changes_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::string> unusable_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::string> ambiguous_ ABSL_GUARDED_BY(mutex_);
};

// Everything happens when the test asks for it, on the thread of the test.
struct CacheFixture {
  static constexpr char kIssuer[] = "https://login.test";
  static constexpr char kUrl[] = "https://login.test/jwks";

  FakeClock clock;
  FakeScheduler scheduler{clock};
  FakeHttp http;
  base::InlineExecutor executor;
  RecordingObserver observer;

  jwks::Cache::Deps parts() {
    return {http, scheduler, executor, clock, observer};
  }

  std::shared_ptr<jwks::Cache> Make(jwks::Source source = jwks::JwksUrl{kUrl},
                                    jwks::RefreshLimits limits = {}) {
    return jwks::Cache::Create({.issuer_name = "corp",
                                .issuer = kIssuer,
                                .source = std::move(source),
                                .fetch = {},
                                .limits = limits},
                               parts());
  }

  // A started cache whose provider has answered with these keys.
  std::shared_ptr<jwks::Cache> MakeWith(const std::vector<std::string>& kids,
                                        jwks::RefreshLimits limits = {}) {
    http.Answer(kUrl, JwksOf(kids));
    auto cache = Make(jwks::JwksUrl{kUrl}, limits);
    cache->Start();
    http.Deliver();
    return cache;
  }

  // Advances the time; the provider answers at once.
  void Pass(absl::Duration span, absl::Duration step = absl::Seconds(1)) {
    const absl::Time end = clock.Now() + span;
    while (clock.Now() < end) {
      scheduler.Advance(std::min(step, end - clock.Now()));
      http.Deliver();
    }
  }

  int fetches() const { return http.count(kUrl); }
};

// A copy of the keys that are served. What reads one member does not need a
// lease.
inline jwks::KeySnapshot KeysOf(const jwks::Cache& cache) {
  const auto served = cache.Keys();
  return *served;
}

// The kids that are served, in order.
inline std::vector<std::string> KidsOf(const jwks::Cache& cache) {
  std::vector<std::string> kids;
  const auto served = cache.Keys();
  for (const jose::Key& key : served->keys.keys()) {
    kids.push_back(key.kid().value_or("none"));
  }
  return kids;
}

// Collects how waits ended. Waits may outlive it.
class Ends {
 public:
  jwks::Cache::Waiter One() {
    return [kept = kept_](jwks::Cache::Outcome how) { kept->push_back(how); };
  }

 private:
  std::shared_ptr<std::vector<jwks::Cache::Outcome>> kept_ =
      std::make_shared<std::vector<jwks::Cache::Outcome>>();

 public:
  const std::vector<jwks::Cache::Outcome>& list = *kept_;
};

}  // namespace usher::testing

#include "server/rpc/key_refresh.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "lib/base/mutex.h"
#include "server/rpc/issuer_status.h"
#include "server/rpc/key_status.h"

namespace usher::server {
namespace {

using Keys = google::protobuf::RepeatedPtrField<v1::KeyStatus>;

Keys KeysOf(const issuer::Issuer& issuer, absl::Time now) {
  Keys out;
  if (issuer.keys() == nullptr) return out;
  const auto served = issuer.keys()->Keys();
  const auto first_seen = FirstSeen(*served, issuer.keys()->Status(), now);
  const auto keys = served->keys.keys();
  for (size_t i = 0; i < keys.size(); ++i) {
    ToWire(keys[i], first_seen[i], *out.Add());
  }
  return out;
}

// The keys in `some` that are not in `others`. The same key under another kid
// counts as another key, because tokens name keys by kid.
Keys Without(const Keys& some, const Keys& others) {
  const auto same = [](const v1::KeyStatus& a, const v1::KeyStatus& b) {
    return a.thumbprint() == b.thumbprint() && a.key_id() == b.key_id();
  };
  Keys out;
  for (const v1::KeyStatus& key : some) {
    const bool there = std::any_of(
        others.begin(), others.end(),
        [&](const v1::KeyStatus& other) { return same(key, other); });
    if (!there) *out.Add() = key;
  }
  return out;
}

// The fetches of one request. Kept alive by those that run.
class Refresh : public std::enable_shared_from_this<Refresh> {
 public:
  Refresh(std::vector<std::shared_ptr<const issuer::Issuer>> issuers,
          const base::Clock& clock, SharedRefresh& shared,
          std::function<bool()> is_cancelled,
          absl::AnyInvocable<void(v1::RefreshKeysResponse)> done)
      : issuers_(std::move(issuers)),
        clock_(clock),
        shared_(shared),
        is_cancelled_(std::move(is_cancelled)),
        done_(std::move(done)),
        left_(issuers_.size()) {
    for (const auto& issuer : issuers_) {
      response_.add_issuers()->set_name(issuer->config().name);
    }
  }

  void Start() {
    if (issuers_.empty()) return done_(std::move(response_));
    const size_t first = std::min(issuers_.size(), kMaxConcurrentFetches);
    for (size_t i = 0; i < first; ++i) StartNext();
  }

 private:
  // Starts one more fetch, if one is left.
  void StartNext() {
    while (const std::optional<size_t> i = TakeIndex()) {
      Keys before = KeysOf(*issuers_[*i], clock_.Now());
      if (is_cancelled_()) {
        Record(*i, before,
               absl::CancelledError("the caller has cancelled the request"));
        continue;
      }
      jwks::Cache* const keys = issuers_[*i]->keys();
      if (issuer::Tenants* tenants = issuers_[*i]->tenants()) {
        // Thousands of tenants are not fetched at once, but no removed key is
        // used any more.
        tenants->Clear();
        Record(*i, before, absl::OkStatus());
        continue;
      }
      if (keys == nullptr) {
        Record(*i, before,
               absl::FailedPreconditionError("the issuer has no keys"));
        continue;
      }
      return shared_.Refresh(
          keys->shared_from_this(),
          [self = shared_from_this(), i = *i,
           before = std::move(before)](const absl::Status& status) {
            self->Record(i, before, status);
            self->StartNext();
          });
    }
  }

  std::optional<size_t> TakeIndex() {
    base::MutexLock lock(mutex_);
    if (next_ == issuers_.size()) return std::nullopt;
    return next_++;
  }

  void Record(size_t i, const Keys& before, const absl::Status& status) {
    v1::RefreshedIssuer out;
    out.set_name(issuers_[i]->config().name);
    if (!status.ok()) out.set_error(std::string(status.message()));
    *out.mutable_keys() = KeysOf(*issuers_[i], clock_.Now());
    *out.mutable_added() = Without(out.keys(), before);
    *out.mutable_removed() = Without(before, out.keys());
    bool last;
    {
      base::MutexLock lock(mutex_);
      *response_.mutable_issuers(static_cast<int>(i)) = std::move(out);
      last = --left_ == 0;
    }
    // No other thread records any more.
    if (last) done_(std::move(response_));
  }

  const std::vector<std::shared_ptr<const issuer::Issuer>> issuers_;
  const base::Clock& clock_;
  SharedRefresh& shared_;
  const std::function<bool()> is_cancelled_;
  absl::AnyInvocable<void(v1::RefreshKeysResponse)> done_;

  base::Mutex mutex_;
  size_t next_ ABSL_GUARDED_BY(mutex_) = 0;
  size_t left_ ABSL_GUARDED_BY(mutex_);
  // Guarded by mutex_ until the last fetch has ended.
  v1::RefreshKeysResponse response_;
};

}  // namespace

void RefreshKeys(std::vector<std::shared_ptr<const issuer::Issuer>> issuers,
                 const base::Clock& clock, SharedRefresh& shared,
                 std::function<bool()> is_cancelled,
                 absl::AnyInvocable<void(v1::RefreshKeysResponse)> done) {
  // Alive here until all have started, and then as long as a fetch runs.
  const auto refresh =
      std::make_shared<Refresh>(std::move(issuers), clock, shared,
                                std::move(is_cancelled), std::move(done));
  refresh->Start();
}

}  // namespace usher::server

#include "server/rpc/key_refresh.h"

#include <algorithm>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "server/rpc/issuer_status.h"
#include "server/rpc/key_status.h"

namespace usher::server {
namespace {

using Keys = google::protobuf::RepeatedPtrField<v1::KeyStatus>;

Keys KeysOf(const issuer::Issuer& issuer, absl::Time now) {
  Keys out;
  const auto served = issuer.keys().Keys();
  const auto first_seen = FirstSeen(*served, issuer.keys().Status(), now);
  const auto keys = served->keys.keys();
  for (size_t i = 0; i < keys.size(); ++i) {
    ToWire(keys[i], first_seen[i], *out.Add());
  }
  return out;
}

// What is in `some` and not in `others`. A key that is published again under
// another kid is another key to whoever asks for it by its kid.
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

// One request's fetches. Kept alive by those under way.
class Refresh : public std::enable_shared_from_this<Refresh> {
 public:
  Refresh(std::vector<std::shared_ptr<const issuer::Issuer>> issuers,
          const base::Clock& clock, std::function<bool()> given_up,
          std::function<void(v1::RefreshKeysResponse)> ended)
      : issuers_(std::move(issuers)),
        clock_(clock),
        given_up_(std::move(given_up)),
        ended_(std::move(ended)),
        left_(issuers_.size()) {
    for (const auto& issuer : issuers_) {
      response_.add_issuers()->set_name(issuer->config().name);
    }
  }

  void Start() {
    if (issuers_.empty()) return ended_(std::move(response_));
    const size_t first = std::min(issuers_.size(), kMostRefreshes);
    for (size_t i = 0; i < first; ++i) Next();
  }

 private:
  // Begins one more fetch, if one is left.
  void Next() {
    while (const std::optional<size_t> i = Take()) {
      Keys before = KeysOf(*issuers_[*i], clock_.Now());
      if (given_up_()) {
        Record(*i, before, absl::CancelledError("given up: nobody waits"));
        continue;
      }
      return issuers_[*i]->keys().Refresh(
          [self = shared_from_this(), i = *i,
           before = std::move(before)](const absl::Status& status) {
            self->Record(i, before, status);
            self->Next();
          });
    }
  }

  std::optional<size_t> Take() {
    std::lock_guard lock(mutex_);
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
      std::lock_guard lock(mutex_);
      *response_.mutable_issuers(static_cast<int>(i)) = std::move(out);
      last = --left_ == 0;
    }
    // Nobody else records any more.
    if (last) ended_(std::move(response_));
  }

  const std::vector<std::shared_ptr<const issuer::Issuer>> issuers_;
  const base::Clock& clock_;
  const std::function<bool()> given_up_;
  const std::function<void(v1::RefreshKeysResponse)> ended_;

  std::mutex mutex_;
  size_t next_ = 0;
  size_t left_;
  v1::RefreshKeysResponse response_;
};

}  // namespace

void RefreshKeys(std::vector<std::shared_ptr<const issuer::Issuer>> issuers,
                 const base::Clock& clock, std::function<bool()> given_up,
                 std::function<void(v1::RefreshKeysResponse)> ended) {
  // Alive here until all are begun, and then as long as a fetch is under way.
  const auto refresh = std::make_shared<Refresh>(
      std::move(issuers), clock, std::move(given_up), std::move(ended));
  refresh->Start();
}

}  // namespace usher::server

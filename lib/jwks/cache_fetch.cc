// How a Cache asks its source.
#include <utility>

#include "lib/base/strings.h"
#include "lib/jwks/fetch.h"
#include "lib/jwks/state.h"

namespace usher::jwks {

void Cache::Begin(Trigger trigger) {
  std::optional<Attempt> mine;
  {
    std::lock_guard lock(state_->mutex);
    mine = state_->Claim(trigger, parts_.clock.Now());
  }
  if (mine.has_value()) Launch(*mine);
}

void Cache::Launch(const Attempt& attempt) {
  if (const auto* named = std::get_if<JwksUrl>(&settings_.source)) {
    return FetchFrom(named->url, attempt);
  }
  if (std::holds_alternative<Discovery>(settings_.source)) {
    return DiscoverThenFetch(attempt);
  }
  if (std::holds_alternative<JwksFile>(settings_.source)) {
    return LoadFile(attempt);
  }
  absl::StatusOr<jose::KeySet> keys =
      jose::KeySet::FromJwks(std::get<InlineKeys>(settings_.source).jwks);
  if (!keys.ok()) return Finish(attempt, keys.status());
  Finish(attempt, Loaded{*std::move(keys), absl::InfiniteDuration()});
}

void Cache::FetchFrom(const std::string& url, const Attempt& attempt) {
  FetchKeySet(
      parts_.http, url, settings_.trust,
      [weak = weak_from_this(), attempt](absl::StatusOr<FetchedKeys> fetched) {
        const std::shared_ptr<Cache> self = weak.lock();
        if (self == nullptr) return;
        if (!fetched.ok()) return self->Finish(attempt, fetched.status());
        self->Finish(attempt, Loaded{std::move(fetched->keys),
                                     FreshnessOf(fetched->max_age,
                                                 self->settings_.limits)});
      });
}

void Cache::DiscoverThenFetch(const Attempt& attempt) {
  std::optional<std::string> known;
  {
    // Those who wait for an unknown kid are spared the way over the metadata,
    // as long as what it said last worked and is not old.
    std::lock_guard lock(state_->mutex);
    if (attempt.trigger == Trigger::kUnknownKid &&
        state_->history.failures == 0 && state_->endpoint.has_value() &&
        attempt.began <
            state_->endpoint->found_at + settings_.limits.freshness) {
      known = state_->endpoint->jwks_uri;
    }
  }
  if (known.has_value()) return FetchFrom(*known, attempt);
  FetchJwksUri(
      parts_.http, settings_.issuer, settings_.trust,
      [weak = weak_from_this(), attempt](absl::StatusOr<std::string> uri) {
        const std::shared_ptr<Cache> self = weak.lock();
        if (self == nullptr) return;
        if (!uri.ok()) return self->Finish(attempt, uri.status());
        {
          std::lock_guard lock(self->state_->mutex);
          if (!self->state_->IsUnderWay(attempt)) return;
          self->state_->endpoint = State::Endpoint{*uri, attempt.began};
        }
        self->FetchFrom(*uri, attempt);
      });
}

void Cache::LoadFile(const Attempt& attempt) {
  const std::string& path = std::get<JwksFile>(settings_.source).path;
  // The mark is taken first: what is written while the file is read shows as a
  // change at the next look.
  std::optional<FileMark> mark = MarkOf(path);
  absl::StatusOr<jose::KeySet> keys = ReadKeyFile(path);
  {
    std::lock_guard lock(state_->mutex);
    state_->file = mark;
  }
  if (!keys.ok()) return Finish(attempt, keys.status());
  Finish(attempt, Loaded{*std::move(keys), absl::InfiniteDuration()});
}

void Cache::WatchFile() {
  constexpr absl::Duration kEvery = absl::Seconds(1);
  std::lock_guard lock(state_->mutex);
  if (state_->stopped) return;
  const absl::Time when = parts_.clock.Now() + kEvery;
  state_->next_refresh = when;
  // A file may lie on a slow disk: the scheduler's thread does not touch it.
  state_->refresh_timer = parts_.scheduler.At(
      when, [weak = weak_from_this(), &executor = parts_.executor] {
        executor.Run([weak] {
          const std::shared_ptr<Cache> self = weak.lock();
          if (self == nullptr) return;
          self->LookAtFile();
          self->WatchFile();
        });
      });
}

void Cache::LookAtFile() {
  const std::optional<FileMark> mark =
      MarkOf(std::get<JwksFile>(settings_.source).path);
  {
    std::lock_guard lock(state_->mutex);
    const RefreshHistory& history = state_->history;
    const bool retry =
        history.failures > 0 &&
        NextRefresh(history, settings_.limits, 0) <= parts_.clock.Now();
    if (mark == state_->file && !retry) return;
  }
  Begin(Trigger::kFileChanged);
}

}  // namespace usher::jwks

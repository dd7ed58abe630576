#include "lib/jwks/remote_keys.h"

#include <algorithm>
#include <utility>

#include "lib/base/strings.h"
#include "lib/jwks/cache_control.h"
#include "lib/jwks/discovery.h"

namespace usher::jwks {
namespace {

// The error of asking `url`.
absl::Status ErrorAt(const std::string& url, const absl::Status& status) {
  const std::string text = base::StrCat(url, ": ", base::Std(status.message()));
  return absl::Status(status.code(), base::Absl(text));
}

absl::Status NotTwoHundred(const std::string& url, int status) {
  return ErrorAt(url, absl::UnavailableError(base::Absl(
                          base::StrCat("answered ", status, ", not 200"))));
}

}  // namespace

RemoteKeys::RemoteKeys(std::optional<std::string> url, LoaderDeps deps)
    : url_(std::move(url)), deps_(std::move(deps)) {}

http::Request RemoteKeys::Get(const std::string& url) const {
  http::Request request;
  request.url = url;
  request.headers = {{"accept", "application/json, application/jwk-set+json"}};
  request.options = deps_.fetch;
  return request;
}

void RemoteKeys::Load(const Request& request, Done done) {
  if (url_.has_value()) return FetchKeys(*url_, std::nullopt, std::move(done));
  std::optional<Endpoint> known = std::exchange(endpoint_, std::nullopt);
  if (request.urgent && known.has_value() &&
      request.now < known->found_at + deps_.limits.freshness) {
    const std::string url = known->jwks_uri;
    return FetchKeys(url, std::move(known), std::move(done));
  }
  TryMetadata({.urls = MetadataUrls(deps_.issuer),
               .began = request.now,
               .done = std::move(done)});
}

void RemoteKeys::TryMetadata(Search search) {
  http::Request request = Get(search.urls[search.tried]);
  deps_.http.Fetch(std::move(request),
                   [weak = weak_from_this(), search = std::move(search)](
                       absl::StatusOr<http::Response> response) mutable {
                     const std::shared_ptr<RemoteKeys> self = weak.lock();
                     if (self == nullptr || self->stopped_) return;
                     self->OnMetadata(std::move(search), std::move(response));
                   });
}

void RemoteKeys::OnMetadata(Search search,
                            absl::StatusOr<http::Response> response) {
  const std::string& url = search.urls[search.tried];
  if (!response.ok()) return search.done(ErrorAt(url, response.status()));
  if (MeansNotHere(response->status)) {
    search.not_here += base::StrCat(search.tried == 0 ? "" : "; ", url,
                                    " answered ", response->status);
    if (++search.tried < search.urls.size()) {
      return TryMetadata(std::move(search));
    }
    return search.done(absl::NotFoundError(
        base::Absl(base::StrCat("no metadata found: ", search.not_here))));
  }
  if (response->status != 200) {
    return search.done(NotTwoHundred(url, response->status));
  }
  absl::StatusOr<std::string> uri = JwksUriIn(response->body, deps_.issuer, deps_.fetch);
  if (!uri.ok()) return search.done(ErrorAt(url, uri.status()));
  FetchKeys(*uri, Endpoint{*uri, search.began}, std::move(search.done));
}

void RemoteKeys::FetchKeys(const std::string& url, std::optional<Endpoint> from,
                           Done done) {
  deps_.http.Fetch(Get(url),
                   [weak = weak_from_this(), url, from = std::move(from),
                    done = std::move(done)](
                       absl::StatusOr<http::Response> response) mutable {
                     const std::shared_ptr<RemoteKeys> self = weak.lock();
                     if (self == nullptr || self->stopped_) return;
                     absl::StatusOr<LoadedKeys> keys =
                         self->KeysIn(url, std::move(response));
                     if (keys.ok()) self->endpoint_ = std::move(from);
                     done(std::move(keys));
                   });
}

absl::StatusOr<LoadedKeys> RemoteKeys::KeysIn(
    const std::string& url, absl::StatusOr<http::Response> response) const {
  if (!response.ok()) return ErrorAt(url, response.status());
  if (response->status != 200) return NotTwoHundred(url, response->status);
  absl::StatusOr<jose::KeySet> keys = jose::KeySet::FromJwks(response->body);
  if (!keys.ok()) return ErrorAt(url, keys.status());
  return LoadedKeys{*std::move(keys),
                    FreshnessOf(MaxAgeOf(*response), deps_.limits)};
}

std::optional<absl::Time> RemoteKeys::NextLook(const RefreshHistory& history,
                                               absl::Time now,
                                               double jitter) const {
  return std::max(NextRefresh(history, deps_.limits, jitter),
                  now + deps_.limits.first_retry / 2);
}

std::optional<Trigger> RemoteKeys::NeedsLoad(const RefreshHistory& history,
                                             absl::Time) {
  return history.last_attempt.has_value() ? Trigger::kRefresh
                                          : Trigger::kStartup;
}

}  // namespace usher::jwks

#include "lib/jwks/remote_keys.h"

#include <algorithm>
#include <utility>

#include "lib/base/text/strings.h"
#include "lib/http/url.h"
#include "lib/jwks/cache_control.h"
#include "lib/jwks/discovery.h"
#include "lib/jwks/retry_after.h"

namespace usher::jwks {
namespace {

// The error of asking `url`.
absl::Status ErrorAt(const std::string& url, const absl::Status& status) {
  const std::string text = base::StrCat(url, ": ", base::Std(status.message()));
  return absl::Status(status.code(), base::Absl(text));
}

}  // namespace

RemoteKeys::RemoteKeys(Discovery source, LoaderDeps deps)
    : metadata_url_(std::move(source.url)),
      deps_(std::move(deps)),
      credentials_(deps_.credentials) {}

RemoteKeys::RemoteKeys(JwksUrl source, LoaderDeps deps)
    : jwks_url_(std::move(source.url)),
      deps_(std::move(deps)),
      credentials_(deps_.credentials) {}

// The operator's secrets are for the hosts that the operator names, not for one
// that an answer names.
bool RemoteKeys::IsConfiguredHost(const std::string& url) const {
  const std::string& configured =
      jwks_url_ ? *jwks_url_ : metadata_url_.value_or(deps_.issuer);
  const auto asked = http::Url::Parse(url, http::Schemes::kHttpToo);
  const auto named = http::Url::Parse(configured, http::Schemes::kHttpToo);
  return asked.ok() && named.ok() && asked->authority() == named->authority();
}

void RemoteKeys::Get(const std::string& url, absl::Time now, Answer answer) {
  http::Request request;
  request.url = url;
  request.headers = {{"accept", "application/json, application/jwk-set+json"}};
  request.options = deps_.fetch;
  request.timeout = deps_.limits.timeout;
  if (IsConfiguredHost(url)) {
    auto credentials = credentials_.Read(now);
    if (!credentials.ok()) return answer(std::move(credentials).status());
    request.credentials = *std::move(credentials);
  }
  deps_.http.Fetch(std::move(request), std::move(answer));
}

void RemoteKeys::Load(const Request& request, Done done) {
  Search search{.began = request.now, .done = std::move(done)};
  if (jwks_url_) return FetchKeys(std::move(search), *jwks_url_);
  search.known = std::exchange(endpoint_, std::nullopt);
  if (request.urgent && search.known) {
    return TryKnownEndpoint(std::move(search));
  }
  TryMetadata(std::move(search));
}

// The key that is wanted is most often where the others are. If it is not, the
// address may have changed.
void RemoteKeys::TryKnownEndpoint(Search search) {
  const std::string url = search.known->jwks_uri;
  const absl::Time now = search.began;
  Get(url, now,
      [weak = weak_from_this(), url, search = std::move(search)](
          absl::StatusOr<http::Response> response) mutable {
        const std::shared_ptr<RemoteKeys> self = weak.lock();
        if (self == nullptr || self->stopped_) return;
        Loaded keys = self->KeysIn(url, response, search.began);
        Endpoint& known = *search.known;
        const bool is_news = keys.ok() && !keys->keys.HasSameKeysAs(known.keys);
        // A provider that does not answer at all gives no reason to ask it
        // where the key set is.
        const bool may_have_moved = response.ok() && !is_news;
        if (may_have_moved &&
            search.began >= known.found_at + kBetweenLookUps) {
          search.answer = std::move(keys);
          return self->TryMetadata(std::move(search));
        }
        std::optional<Endpoint> found = std::move(search.known);
        self->End(std::move(search), std::move(found), std::move(keys));
      });
}

void RemoteKeys::TryMetadata(Search search) {
  if (search.metadata_urls.empty()) {
    search.metadata_urls = metadata_url_
                               ? std::vector<std::string>{*metadata_url_}
                               : MetadataUrls(deps_.issuer);
  }
  const std::string url = search.metadata_urls[search.tried];
  const absl::Time now = search.began;
  Get(url, now,
      [weak = weak_from_this(), search = std::move(search)](
          absl::StatusOr<http::Response> response) mutable {
        const std::shared_ptr<RemoteKeys> self = weak.lock();
        if (self == nullptr || self->stopped_) return;
        self->OnMetadata(std::move(search), std::move(response));
      });
}

void RemoteKeys::OnMetadata(Search search,
                            absl::StatusOr<http::Response> response) {
  const std::string url = search.metadata_urls[search.tried];
  const absl::Time now = search.began;
  if (!response.ok()) {
    return End(std::move(search), {}, ErrorAt(url, response.status()));
  }
  if (const auto why = WhyNotHere(*response)) {
    search.not_here +=
        base::StrCat(search.tried == 0 ? "" : "; ", url, " ", *why);
    if (++search.tried < search.metadata_urls.size()) {
      return TryMetadata(std::move(search));
    }
    const std::string text =
        base::StrCat("no metadata found: ", search.not_here,
                     CredentialAdvice(url, *response));
    return End(std::move(search), {}, absl::NotFoundError(base::Absl(text)));
  }
  if (response->status != 200) {
    return End(std::move(search), {}, NotTwoHundred(url, *response, now));
  }
  absl::StatusOr<std::string> uri =
      JwksUriIn(response->body, deps_.issuer, deps_.fetch);
  if (!uri.ok()) {
    return End(std::move(search), {}, ErrorAt(url, uri.status()));
  }
  if (search.answer && *uri == search.known->jwks_uri) {
    search.known->found_at = now;
    std::optional<Endpoint> same = std::move(search.known);
    Loaded keys = *std::exchange(search.answer, std::nullopt);
    return End(std::move(search), std::move(same), std::move(keys));
  }
  FetchKeys(std::move(search), *std::move(uri));
}

void RemoteKeys::FetchKeys(Search search, std::string url) {
  const absl::Time now = search.began;
  Get(url, now,
      [weak = weak_from_this(), url, search = std::move(search)](
          absl::StatusOr<http::Response> response) mutable {
        const std::shared_ptr<RemoteKeys> self = weak.lock();
        if (self == nullptr || self->stopped_) return;
        Loaded keys = self->KeysIn(url, response, search.began);
        Endpoint found{std::move(url), search.began};
        self->End(std::move(search), std::move(found), std::move(keys));
      });
}

void RemoteKeys::End(Search search, std::optional<Endpoint> found,
                     Loaded keys) {
  // The metadata could not be read again, but the last known address answers.
  if (!keys.ok() && search.answer && search.answer->ok()) {
    keys = *std::move(search.answer);
    found = std::move(search.known);
    found->found_at = search.began;
  }
  if (keys.ok()) {
    endpoint_ = std::move(found);
    if (endpoint_) endpoint_->keys = keys->keys;
  }
  search.done(std::move(keys));
}

std::string_view RemoteKeys::CredentialAdvice(
    const std::string& url, const http::Response& response) const {
  // nginx: 495 and 496, sent as 400.
  const bool wants_certificate =
      response.wanted_certificate && response.status == 400;
  if (!wants_certificate && response.status != 401 && response.status != 403) {
    return "";
  }
  if (deps_.credentials.empty()) {
    return ": if it wants a token or a client certificate, set "
           "keys.token_file or keys.client_certificate";
  }
  if (IsConfiguredHost(url)) return "";
  return ": keys.token_file and keys.client_certificate are shown only to the "
         "configured host; set keys.jwks_url to this address";
}

absl::Status RemoteKeys::NotTwoHundred(const std::string& url,
                                       const http::Response& response,
                                       absl::Time now) const {
  const std::string text =
      base::StrCat(WhyNotTwoHundred(response), CredentialAdvice(url, response));
  return WithRetryAfter(ErrorAt(url, absl::UnavailableError(base::Absl(text))),
                        RetryAfterIn(response, now));
}

RemoteKeys::Loaded RemoteKeys::KeysIn(
    const std::string& url, const absl::StatusOr<http::Response>& response,
    absl::Time now) const {
  if (!response.ok()) return ErrorAt(url, response.status());
  if (response->status != 200) return NotTwoHundred(url, *response, now);
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

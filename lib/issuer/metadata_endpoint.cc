#include "lib/issuer/metadata_endpoint.h"

#include <utility>

#include "lib/base/text/strings.h"
#include "lib/jwks/discovery.h"

namespace usher::issuer {
namespace {

constexpr absl::Duration kTimeout = absl::Seconds(1);

absl::Status Error(std::string_view why) {
  return absl::UnavailableError(
      base::Absl(base::StrCat("the introspection endpoint is not known, set "
                              "introspection.endpoint: ",
                              why)));
}

}  // namespace

std::shared_ptr<MetadataEndpoint> MetadataEndpoint::Create(Settings settings,
                                                           Deps deps) {
  return std::shared_ptr<MetadataEndpoint>(
      new MetadataEndpoint(std::move(settings), deps));
}

MetadataEndpoint::MetadataEndpoint(Settings settings, Deps deps)
    : settings_(std::move(settings)), deps_(deps) {}

void MetadataEndpoint::Find(Done done) {
  std::optional<absl::StatusOr<std::string>> known;
  bool fetch = false;
  {
    const base::MutexLock lock(mutex_);
    const bool due = deps_.clock.Now() >= next_fetch_;
    if (endpoint_) {
      known = *endpoint_;
    } else if (!fetching_ && !due) {
      known = error_;
    } else {
      waiting_.push_back(std::move(done));
    }
    fetch = due && !fetching_;
    fetching_ |= fetch;
  }
  if (known) done(*std::move(known));
  if (fetch) Fetch(0);
}

void MetadataEndpoint::Fetch(size_t url) {
  http::Request request;
  request.url = settings_.urls[url];
  request.options = settings_.trust;
  request.timeout = kTimeout;
  deps_.http.Fetch(std::move(request), [self = shared_from_this(), url](
                                           absl::StatusOr<http::Response> got) {
    self->deps_.executor.Run([self, url, got = std::move(got)]() mutable {
      self->OnResponse(url, std::move(got));
    });
  });
}

void MetadataEndpoint::OnResponse(size_t url,
                                  absl::StatusOr<http::Response> response) {
  const auto failed = [&](std::string_view why) {
    Finish(Error(base::StrCat(settings_.urls[url], ": ", why)));
  };
  if (!response.ok()) return failed(base::Std(response.status().message()));
  if (const auto why = jwks::WhyNotHere(*response)) {
    if (url + 1 < settings_.urls.size()) return Fetch(url + 1);
    return failed(*why);
  }
  if (response->status != 200) return failed(jwks::WhyNotTwoHundred(*response));
  auto endpoint = jwks::UrlIn(response->body, settings_.issuer,
                              "introspection_endpoint", settings_.trust);
  if (!endpoint.ok()) return failed(base::Std(endpoint.status().message()));
  Finish(*std::move(endpoint));
}

void MetadataEndpoint::Finish(absl::StatusOr<std::string> endpoint) {
  std::vector<Done> waiting;
  {
    const base::MutexLock lock(mutex_);
    fetching_ = false;
    next_fetch_ = deps_.clock.Now() + (endpoint.ok() ? kFresh : kRetry);
    if (endpoint.ok()) endpoint_ = *endpoint;
    error_ = endpoint.status();
    waiting.swap(waiting_);
  }
  for (Done& done : waiting) done(endpoint);
}

}  // namespace usher::issuer

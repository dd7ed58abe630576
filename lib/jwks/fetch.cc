#include "lib/jwks/fetch.h"

#include <utility>
#include <vector>

#include "lib/base/strings.h"
#include "lib/jwks/cache_control.h"
#include "lib/jwks/discovery.h"

namespace usher::jwks {
namespace {

http::Request GetJson(const std::string& url, const http::FetchOptions& trust) {
  http::Request request;
  request.url = url;
  request.headers = {{"accept", "application/json, application/jwk-set+json"}};
  request.trust = trust;
  return request;
}

absl::Status At(const std::string& url, const absl::Status& status) {
  const std::string text = base::StrCat(url, ": ", base::Std(status.message()));
  return absl::Status(status.code(), base::Absl(text));
}

absl::Status NotTwoHundred(const std::string& url, int status) {
  return At(url, absl::UnavailableError(base::Absl(
                     base::StrCat("answered ", status, ", not 200"))));
}

// Asks the places where metadata may lie, one after another.
struct Discovering {
  http::Client& client;
  const std::string issuer;
  const http::FetchOptions trust;
  const std::function<void(absl::StatusOr<std::string>)> done;
  const std::vector<std::string> urls = MetadataUrls(issuer);
  std::string not_here = {};  // what the places asked so far said

  static void Ask(std::shared_ptr<Discovering> self, size_t which) {
    http::Request request = GetJson(self->urls[which], self->trust);
    http::Client& client = self->client;
    client.Fetch(std::move(request),
                 [self, which](absl::StatusOr<http::Response> response) {
                   Hear(self, which, std::move(response));
                 });
  }

  static void Hear(const std::shared_ptr<Discovering>& self, size_t which,
                   absl::StatusOr<http::Response> response) {
    const std::string& url = self->urls[which];
    if (!response.ok()) return self->done(At(url, response.status()));
    if (MeansNotHere(response->status)) {
      self->not_here += base::StrCat(which == 0 ? "" : "; ", url, " answered ",
                                     response->status);
      if (which + 1 < self->urls.size()) return Ask(self, which + 1);
      return self->done(absl::NotFoundError(
          base::Absl(base::StrCat("no metadata found: ", self->not_here))));
    }
    if (response->status != 200) {
      return self->done(NotTwoHundred(url, response->status));
    }
    absl::StatusOr<std::string> uri = JwksUriIn(response->body, self->issuer);
    self->done(uri.ok() ? std::move(uri) : At(url, uri.status()));
  }
};

}  // namespace

void FetchKeySet(http::Client& client, const std::string& url,
                 const http::FetchOptions& trust,
                 std::function<void(absl::StatusOr<FetchedKeys>)> done) {
  client.Fetch(
      GetJson(url, trust),
      [url, done = std::move(done)](absl::StatusOr<http::Response> response) {
        if (!response.ok()) return done(At(url, response.status()));
        if (response->status != 200) {
          return done(NotTwoHundred(url, response->status));
        }
        absl::StatusOr<jose::KeySet> keys =
            jose::KeySet::FromJwks(response->body);
        if (!keys.ok()) return done(At(url, keys.status()));
        done(FetchedKeys{*std::move(keys), MaxAgeOf(*response)});
      });
}

void FetchJwksUri(http::Client& client, const std::string& issuer,
                  const http::FetchOptions& trust,
                  std::function<void(absl::StatusOr<std::string>)> done) {
  Discovering::Ask(std::make_shared<Discovering>(
                       Discovering{client, issuer, trust, std::move(done)}),
                   0);
}

}  // namespace usher::jwks

#include "lib/issuer/signed_answers.h"

#include <string>
#include <utility>
#include <vector>

#include "lib/introspect/signed_answer.h"

namespace usher::issuer {
namespace {

using introspect::EndpointError;
using introspect::EndpointErrorKind;

// A fetch that could only begin later than this is not begun.
constexpr absl::Duration kFetchTime = absl::Seconds(2);

std::vector<std::string> NamesOf(const Config& config) {
  std::vector<std::string> names = {config.issuer};
  names.insert(names.end(), config.aliases.begin(), config.aliases.end());
  return names;
}

}  // namespace

introspect::OpenSigned OpenSignedWith(std::weak_ptr<jwks::Cache> keys,
                                      const Config& config,
                                      const base::Clock& clock) {
  return [keys = std::move(keys), &clock, names = NamesOf(config),
          algorithms = config.algorithms,
          client_id = config.introspection->client.client_id](
             std::string_view jwt) -> std::variant<std::string, EndpointError> {
    const auto cache = keys.lock();
    if (!cache) {
      return EndpointError{EndpointErrorKind::kUnreachable,
                           "the issuer was removed from the configuration"};
    }
    const absl::Time now = clock.Now();
    auto opened = [&]() -> std::variant<std::string, EndpointError> {
      const auto served = cache->Keys();
      if (!served->UsableAt(now)) {
        return EndpointError{EndpointErrorKind::kSignature,
                             "the answer is signed, and the issuer's keys are "
                             "not available now"};
      }
      return introspect::ReadSignedAnswer(jwt, {.keys = served->keys,
                                                .algorithms = algorithms,
                                                .issuers = names,
                                                .client_id = client_id});
    }();
    const auto* error = std::get_if<EndpointError>(&opened);
    if (error && error->kind == EndpointErrorKind::kSignature) {
      // The next answer finds the key: this one does not wait for the fetch.
      cache->AwaitKey({.issued_at = now}, now + kFetchTime,
                      [](jwks::WaitOutcome) {});
    }
    return opened;
  };
}

}  // namespace usher::issuer

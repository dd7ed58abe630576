// The introspection endpoint that an issuer's metadata name (RFC 8414).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "lib/base/clock.h"
#include "lib/base/executor.h"
#include "lib/base/mutex.h"
#include "lib/http/client.h"
#include "lib/introspect/endpoint_source.h"

namespace usher::issuer {

// Fetches the metadata when it is asked for the endpoint, and again after
// kFresh, beside the questions that go on with the old one. Questions that come
// meanwhile share one fetch. A failed one is not repeated for kRetry.
class MetadataEndpoint final
    : public introspect::EndpointSource,
      public std::enable_shared_from_this<MetadataEndpoint> {
 public:
  static constexpr absl::Duration kFresh = absl::Minutes(10);
  static constexpr absl::Duration kRetry = absl::Seconds(5);

  struct Settings {
    std::string issuer;             // a URL; what the metadata must answer
    std::vector<std::string> urls;  // of the metadata, in order; not empty
    http::FetchOptions trust;
  };
  // All of them outlive it.
  struct Deps {
    http::Client& http;
    base::Executor& executor;
    const base::Clock& clock;
  };

  static std::shared_ptr<MetadataEndpoint> Create(Settings settings, Deps deps);

  void Find(Done done) override;

 private:
  MetadataEndpoint(Settings settings, Deps deps);

  void Fetch(size_t url);
  void OnResponse(size_t url, absl::StatusOr<http::Response> response);
  void Finish(absl::StatusOr<std::string> endpoint);

  const Settings settings_;
  const Deps deps_;

  base::Mutex mutex_;
  bool fetching_ ABSL_GUARDED_BY(mutex_) = false;
  // The last endpoint that was found, also while it cannot be read again.
  std::optional<std::string> endpoint_ ABSL_GUARDED_BY(mutex_);
  absl::Status error_ ABSL_GUARDED_BY(mutex_);
  absl::Time next_fetch_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
  std::vector<Done> waiting_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace usher::issuer

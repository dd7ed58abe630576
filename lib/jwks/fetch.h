// Asks a provider for its metadata and its key set. Each function sends its
// requests and returns; `done` is called exactly once, on a thread of the
// client's. Only answers of status 200 count. Failures are prose for the
// operator that names the address asked.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "lib/http/client.h"
#include "lib/jose/key_set.h"

namespace usher::jwks {

struct FetchedKeys {
  jose::KeySet keys;
  std::optional<absl::Duration> max_age;  // as cache_control.h reads it
};

// The JWK Set at `url`.
void FetchKeySet(http::Client& client, const std::string& url,
                 const http::FetchOptions& trust,
                 std::function<void(absl::StatusOr<FetchedKeys>)> done);

// The address of the key set of `issuer`, from its metadata (discovery.h).
// `client` must live until `done` is called.
void FetchJwksUri(http::Client& client, const std::string& issuer,
                  const http::FetchOptions& trust,
                  std::function<void(absl::StatusOr<std::string>)> done);

}  // namespace usher::jwks

// Loads a key set from a provider: over the issuer's metadata (discovery.h), or
// from a given address. Only responses of status 200 count.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lib/jwks/key_loader.h"

namespace usher::jwks {

class RemoteKeys final : public KeyLoader,
                         public std::enable_shared_from_this<RemoteKeys> {
 public:
  // `url`: the address of the key set. Absent: the metadata of deps.issuer
  // names it.
  RemoteKeys(std::optional<std::string> url, LoaderDeps deps);

  // An urgent load skips the metadata if the last load succeeded and its
  // metadata is younger than limits.freshness.
  void Load(const Request& request, Done done) override;
  void Stop() override { stopped_ = true; }
  bool is_remote() const override { return true; }
  // refresh_rule.h, but never at once, however short the freshness.
  std::optional<absl::Time> NextLook(const RefreshHistory& history,
                                     absl::Time now,
                                     double jitter) const override;
  std::optional<Trigger> NeedsLoad(const RefreshHistory& history,
                                   absl::Time now) override;

 private:
  // The address of the key set, from the metadata.
  struct Endpoint {
    std::string jwks_uri;
    absl::Time found_at;
  };
  // A search for metadata: the addresses are tried one after another.
  struct Search {
    std::vector<std::string> urls;
    absl::Time began;
    Done done;
    size_t tried = 0;
    std::string not_here = {};  // what the addresses tried so far answered
  };

  http::Request Get(const std::string& url) const;
  void TryMetadata(Search search);
  void OnMetadata(Search search, absl::StatusOr<http::Response> response);
  // `from`: the endpoint to remember if the fetch succeeds.
  void FetchKeys(const std::string& url, std::optional<Endpoint> from,
                 Done done);
  absl::StatusOr<LoadedKeys> KeysIn(
      const std::string& url, absl::StatusOr<http::Response> response) const;

  const std::optional<std::string> url_;
  const LoaderDeps deps_;
  std::atomic<bool> stopped_ = false;
  // Of the last load, if it succeeded. Used by one load at a time.
  std::optional<Endpoint> endpoint_;
};

}  // namespace usher::jwks

// Loads a key set from a provider: over the issuer's metadata (discovery.h), or
// from a given address. Only responses of status 200 count.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lib/http/credentials/credential_files.h"
#include "lib/jwks/key_loader.h"

namespace usher::jwks {

class RemoteKeys final : public KeyLoader,
                         public std::enable_shared_from_this<RemoteKeys> {
 public:
  // An urgent load that finds no other keys looks the address of the key set up
  // again, but no sooner than this after the last time.
  static constexpr absl::Duration kBetweenLookUps = absl::Minutes(1);

  // Either the metadata names the key set, or its address is given.
  RemoteKeys(Discovery source, LoaderDeps deps);
  RemoteKeys(JwksUrl source, LoaderDeps deps);

  // An urgent load asks the last known address of the key set first, if the
  // last load succeeded.
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
  // The address of the key set, from the metadata, and its last answer.
  struct Endpoint {
    std::string jwks_uri;
    absl::Time found_at;
    jose::KeySet keys = {};
  };
  using Answer = absl::AnyInvocable<void(absl::StatusOr<http::Response>)>;
  using Loaded = absl::StatusOr<LoadedKeys>;
  // One load, from address to address.
  struct Search {
    absl::Time began;
    Done done;
    std::vector<std::string> metadata_urls = {};
    size_t tried = 0;
    std::string not_here = {};  // what the addresses tried so far answered
    // Of an urgent load: the address that was asked first, and its answer.
    std::optional<Endpoint> known = {};
    std::optional<Loaded> answer = {};
  };

  void Get(const std::string& url, absl::Time now, Answer answer);
  void TryKnownEndpoint(Search search);
  void TryMetadata(Search search);
  void OnMetadata(Search search, absl::StatusOr<http::Response> response);
  void FetchKeys(Search search, std::string url);
  void End(Search search, std::optional<Endpoint> found, Loaded keys);
  Loaded KeysIn(const std::string& url,
                const absl::StatusOr<http::Response>& response,
                absl::Time now) const;
  absl::Status NotTwoHundred(const std::string& url,
                             const http::Response& response,
                             absl::Time now) const;
  // How the operator can satisfy a server that refuses; "" if nothing is known.
  std::string_view CredentialAdvice(const std::string& url,
                                    const http::Response& response) const;
  // Whether the credentials may be shown to the host of `url`.
  bool IsConfiguredHost(const std::string& url) const;

  const std::optional<std::string> jwks_url_;
  const std::optional<std::string> metadata_url_;
  const LoaderDeps deps_;
  http::CredentialFiles credentials_;  // used by one load at a time
  std::atomic<bool> stopped_ = false;
  // Of the last load, if it succeeded. Used by one load at a time.
  std::optional<Endpoint> endpoint_;
};

}  // namespace usher::jwks

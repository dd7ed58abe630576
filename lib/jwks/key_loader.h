// Loads the key set of one issuer. There is one loader for each kind of source:
// remote_keys.h (discovery, jwks_url), file_keys.h (jwks_file), and the inline
// keys in key_loader.cc.
//
// A loader loads; the Cache serves what was loaded, shares one load among all
// who wait for it, and keeps the history of loads.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "lib/http/client.h"
#include "lib/http/credentials/credential_files.h"
#include "lib/jose/key_set.h"
#include "lib/jwks/key_source.h"
#include "lib/jwks/observer.h"
#include "lib/jwks/refresh_rule.h"

namespace usher::jwks {

struct LoadedKeys {
  jose::KeySet keys;
  // How long they are fresh, counted from the beginning of the load.
  absl::Duration freshness;
};

// Thread-safe, except that the loads themselves come one after another.
class KeyLoader {
 public:
  struct Request {
    absl::Time now;
    // Requests wait for these keys: take the shortest safe way to them.
    bool urgent = false;
  };
  using Done = absl::AnyInvocable<void(absl::StatusOr<LoadedKeys>)>;

  virtual ~KeyLoader() = default;

  // Loads the whole key set. `done` is called at most once: inline, or on a
  // thread of the HTTP client. It is not called at all if Stop() comes first or
  // the loader is destroyed. May block to read a file. Errors are prose for the
  // operator and name the address or path. The next load begins after `done`
  // was called.
  virtual void Load(const Request& request, Done done) = 0;

  // No further request to a provider begins.
  virtual void Stop() {}

  // Whether a provider must be asked. If so, an unknown kid may cause a load
  // (refresh_rule.h), and the first load may be delayed to spread the work.
  // Keys of this machine are loaded at once; they are complete as long as they
  // can be read.
  virtual bool is_remote() const = 0;

  // When to look at the source again after a load or a look at `now`. Absent:
  // never. `jitter` in [0, 1) spreads issuers and replicas.
  virtual std::optional<absl::Time> NextLook(const RefreshHistory& history,
                                             absl::Time now,
                                             double jitter) const = 0;

  // Asked at NextLook(): why to load again, or nothing if there is no need. May
  // block to look at a file.
  virtual std::optional<Trigger> NeedsLoad(const RefreshHistory& history,
                                           absl::Time now) = 0;
};

// What a loader is made of. `http` must outlive it.
struct LoaderDeps {
  http::Client& http;
  std::string issuer;  // what the metadata must name
  http::FetchOptions fetch;
  http::CredentialPaths credentials;
  RefreshLimits limits;
};

std::shared_ptr<KeyLoader> MakeLoader(const Source& source, LoaderDeps deps);

}  // namespace usher::jwks

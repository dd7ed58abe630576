// An OpenID provider without sockets: keys, documents and tokens.
//
//   TestIssuer issuer(clock);
//   verifier.Verify(issuer.Mint({.claims = R"({"scope":"read"})"}));
//
// http_issuer.h serves one over HTTPS.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/base/clock.h"
#include "lib/base/mutex.h"
#include "lib/jose/alg.h"
#include "lib/jose/sign.h"

namespace usher::testing {

// How a token differs from the default token of TestIssuer:
//   header {"alg":..., "kid":..., "typ":"at+jwt"}
//   claims {"iss":..., "sub":"alice", "aud":"orders",
//   "client_id":"test-client",
//           "iat":now, "exp":now + 5 min, "jti":"token-1" (2, 3, ...)}
struct TokenOptions {
  std::string claims = "{}";             // replace and add claims
  std::vector<std::string> remove = {};  // claims to leave out
  std::string header = "{}";             // replace and add header members
  std::vector<std::string> remove_header = {};
  std::optional<std::string> typ = {};
  // The signing key: this one, else the newest for `alg`, else the newest.
  std::optional<std::string> kid = {};
  std::optional<jose::Alg> alg = {};
};

// Thread-safe. Functions for tests end the process on misuse (no such key, not
// JSON); those that return a status are for programs.
class TestIssuer {
 public:
  struct Options {
    std::string issuer = "https://issuer.test";
    std::string audience = "orders";
    // One key for each; the last is the newest. Named key-1, key-2, ...
    std::vector<jose::Alg> algs = {jose::Alg::kEs256};
    std::optional<std::string> kid = {};  // of the first key
  };

  explicit TestIssuer(const base::Clock& clock) : TestIssuer(clock, {}) {}
  TestIssuer(const base::Clock& clock, Options options);

  const std::string& issuer() const { return options_.issuer; }
  std::string jwks_uri() const { return options_.issuer + "/jwks"; }
  std::string introspection_uri() const {
    return options_.issuer + "/introspect";
  }
  std::string discovery_uri() const {
    return options_.issuer + "/.well-known/openid-configuration";
  }

  // The published keys (RFC 7517) and the discovery document.
  std::string Jwks() const;
  std::string Discovery() const;

  std::string Mint(const TokenOptions& options = {});
  // kInvalidArgument: no such key, or `claims` or `header` is not a JSON
  // object.
  absl::StatusOr<std::string> TryMint(const TokenOptions& options);
  // Signs these texts as they are.
  std::string MintRaw(std::string_view header, std::string_view payload,
                      std::optional<std::string_view> kid = {}) const;

  // A token that only this issuer understands: `prefix` and 43 random
  // characters. Its claims are the default ones, merged as those of Mint(); its
  // header, kid and alg mean nothing.
  std::string MintOpaque(const TokenOptions& options = {},
                         std::string_view prefix = "");
  absl::StatusOr<std::string> TryMintOpaque(const TokenOptions& options,
                                            std::string_view prefix);
  // `token`, opaque or a JWT, is inactive from now on.
  void Revoke(std::string_view token);
  // The answer of an introspection endpoint (RFC 7662 section 2.2) about any
  // token: {"active":false}, or "active" and its claims.
  std::string Introspect(std::string_view token) const;

  // Adds a key that signs from now on, and returns its kid. Replaces a key of
  // the same kid.
  std::string AddKey(jose::Alg alg, std::optional<std::string> kid = {},
                     bool published = true);
  // False if there is no such key. The last key cannot be removed.
  bool RemoveKey(std::string_view kid);

  struct Rotation {
    std::optional<jose::Alg> alg = {};  // absent: that of the newest key
    bool keep_old = true;               // older keys stay published
    bool publish = true;                // the new key is published
  };
  // The new key's kid.
  std::string Rotate(const Rotation& rotation);
  std::string Rotate() { return Rotate(Rotation()); }
  // Publishes all keys.
  void PublishAll();

  std::vector<std::string> kids() const;
  // For tests that need the key itself. Without a kid: the newest.
  jose::SigningKey SigningKeyOf(std::optional<std::string_view> kid = {}) const;

 private:
  struct IssuerKey {
    std::string kid;
    jose::SigningKey key;
    bool published;
    std::string jwk;
  };

  absl::StatusOr<std::string> ClaimsOf(const TokenOptions& options);
  // Of a token that this issuer made; else nothing.
  std::optional<std::string> ClaimsIn(std::string_view token) const;
  const IssuerKey* Find(const std::optional<std::string>& kid,
                        std::optional<jose::Alg> alg) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  std::string Add(jose::Alg alg, std::optional<std::string> kid,
                  bool published);

  const base::Clock& clock_;
  const Options options_;
  mutable base::Mutex mutex_;
  // The newest last.
  std::vector<IssuerKey> keys_ ABSL_GUARDED_BY(mutex_);
  int keys_made_ ABSL_GUARDED_BY(mutex_) = 0;
  int tokens_made_ ABSL_GUARDED_BY(mutex_) = 0;
  // Claims by opaque token.
  std::map<std::string, std::string, std::less<>> opaque_
      ABSL_GUARDED_BY(mutex_);
  std::set<std::string, std::less<>> revoked_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace usher::testing

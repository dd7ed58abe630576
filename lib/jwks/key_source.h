// Where an issuer's keys come from, as the configuration states it.
#pragma once

#include <optional>
#include <string>
#include <variant>

namespace usher::jwks {

// The issuer's metadata names the key set: OpenID Connect Discovery 1.0 first
// (ISSUER/.well-known/openid-configuration), then RFC 8414
// (/.well-known/oauth-authorization-server before the path). The `issuer` of
// the metadata must equal the configured one byte for byte.
struct Discovery {
  // The https address of the metadata, if it is at none of these addresses.
  std::optional<std::string> url;
  bool operator==(const Discovery&) const = default;
};
// The https address of the key set.
struct JwksUrl {
  std::string url;
  bool operator==(const JwksUrl&) const = default;
};
// A file with a JWK Set or PEM blocks. It is read again when it changes.
struct JwksFile {
  std::string path;
  bool operator==(const JwksFile&) const = default;
};
// The JWK Set itself, in the configuration.
struct InlineKeys {
  std::string jwks;
  bool operator==(const InlineKeys&) const = default;
};

using Source = std::variant<Discovery, JwksUrl, JwksFile, InlineKeys>;

// Whether a provider must be asked over the network.
bool IsRemote(const Source& source);

// "discovery", "discovery_url https://...", "jwks_url https://...",
// "jwks_file /...", "inline".
std::string Describe(const Source& source);

}  // namespace usher::jwks

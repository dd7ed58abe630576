// Where an issuer's keys come from, as the configuration states it.
#pragma once

#include <string>
#include <variant>

namespace usher::jwks {

// The issuer's metadata names the key set: OpenID Connect Discovery 1.0 first
// (ISSUER/.well-known/openid-configuration), then RFC 8414
// (/.well-known/oauth-authorization-server before the path). The `issuer` of
// the metadata must equal the configured one byte for byte.
struct Discovery {
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

// "discovery", "jwks_url https://...", "jwks_file /...", "inline".
std::string Describe(const Source& source);

}  // namespace usher::jwks

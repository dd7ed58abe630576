// A public key that is checked and bound to the algorithms it may verify.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "lib/jose/alg.h"
#include "lib/jose/digest.h"
#include "lib/json/json.h"

namespace usher::jose {

// Immutable and cheap to copy (one shared pointer). Thread-safe.
//
// Its algorithms follow from all its members: kty and crv, `alg` if present,
// `use` (must be sig) and `key_ops` (must contain verify). A key that
// contradicts itself is not created.
class Key {
 public:
  // RFC 7517, RFC 7518 section 6, RFC 8037 section 2. Fails, with a message
  // that names the member, for: unknown kty or crv; RSA below 2048 or above
  // 8192 bits, with an exponent that is even, below 3 or above 33 bits, or from
  // the flawed generator of ROCA; a point that is not on its curve; private
  // members (a published private key is compromised); `oct`; use other than
  // sig; key_ops without verify; an alg that does not fit the key; a kid above
  // 256 bytes.
  static absl::StatusOr<Key> FromJwk(json::Value jwk);

  // The first PUBLIC KEY or CERTIFICATE block of `pem`. The validity dates of a
  // certificate are ignored: it is only a container here.
  static absl::StatusOr<Key> FromPem(std::string_view pem,
                                     std::optional<std::string> kid);

  const std::optional<std::string>& kid() const;
  // What it may verify; never empty. An RSA key without `alg` has six.
  AlgSet algs() const;
  KeyType type() const;
  // RSA modulus or curve size.
  int bits() const;
  // RFC 7638, SHA-256. With the issuer and an Alg it identifies the key.
  const Sha256Digest& thumbprint() const;

  // Unique in this process for each key created; contexts of threads refer to
  // it.
  uint64_t serial() const;

  struct Material;  // material.h: the OpenSSL key
  const Material& material() const { return *material_; }

 private:
  friend class KeySet;
  explicit Key(std::shared_ptr<const Material> material)
      : material_(std::move(material)) {}
  std::shared_ptr<const Material> material_;
};

}  // namespace usher::jose

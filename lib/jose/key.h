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

struct PemBlock;

// Immutable and cheap to copy (one shared pointer). Thread-safe.
//
// Its algorithms follow from all its members: kty and crv, `alg` if present,
// `use` (must be sig) and `key_ops` (must contain verify). A key that
// contradicts itself is not created.
class Key {
 public:
  // RFC 7517, RFC 7518 section 6, RFC 8037 section 2. A member that is null or
  // empty counts as absent. Numbers may lack leading zeros or have too many.
  //
  // kInvalidArgument, with a message that names the member, for: unknown kty or
  // crv; RSA below 2048 or above 8192 bits, with an exponent that is even,
  // below 3 or above 33 bits, or from the flawed generator of ROCA; a point
  // that is not on its curve; private members (a published private key is
  // compromised); `oct`; use other than sig and jwt-svid (SPIFFE); key_ops
  // without verify; an alg that does not fit the key; a kid above 256 bytes.
  // kFailedPrecondition for a key with another purpose, such as encryption:
  // nothing is wrong with it.
  static absl::StatusOr<Key> FromJwk(json::Value jwk);

  // The first key of `pem` (pem.h). The validity dates of a certificate are
  // ignored: it is only a container here.
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

  // Whether one of these thumbprints of a certificate, `x5t` and `x5t#S256` of
  // a JWS header, is that of the key's certificate. False if it has none.
  bool HasCertificate(std::optional<std::string_view> x5t,
                      std::optional<std::string_view> x5t_s256) const;

  // The same key, found the same way: kid, numbers, algorithms, certificate,
  // issuer.
  bool IsSameAs(const Key& other) const;

  // The `issuer` member (Entra ID): the key signs only for this issuer, or for
  // the tenants of this template. Null: for every issuer that publishes it.
  const std::string* issuer() const { return issuer_.get(); }

  // Unique in this process for each key created; contexts of threads refer to
  // it.
  uint64_t serial() const;

  struct Material;  // material.h: the OpenSSL key
  const Material& material() const { return *material_; }

 private:
  friend class KeySet;
  static absl::StatusOr<Key> FromBlock(PemBlock block,
                                       std::optional<std::string> kid);
  explicit Key(std::shared_ptr<const Material> material)
      : material_(std::move(material)) {}
  std::shared_ptr<const Material> material_;
  std::shared_ptr<const std::string> issuer_;
};

}  // namespace usher::jose

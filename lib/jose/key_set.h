// A provider's published keys (JWK Set, RFC 7517 section 5).
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/jose/key.h"

namespace usher::jose {

// Immutable; copies share the keys. Thread-safe.
class KeySet {
 public:
  static constexpr size_t kMaxKeys = 100;

  KeySet() = default;
  explicit KeySet(std::vector<Key> keys) : keys_(std::move(keys)) {}

  // Keys that cannot be used are left out and listed in ignored(), as RFC 7517
  // section 5 requires. Fails if the text is not a JWK Set, has more than
  // kMaxKeys keys or no usable key: an empty answer must not replace good keys.
  static absl::StatusOr<KeySet> FromJwks(std::string_view json);

  // One or more PEM blocks: PUBLIC KEY or CERTIFICATE. Keys have no kid.
  static absl::StatusOr<KeySet> FromPem(std::string_view pem);

  std::span<const Key> keys() const { return keys_; }

  // Why each unusable key was left out: "keys[2]: RSA modulus has 1024 bits".
  // At most kMaxKeys short lines.
  std::span<const std::string> ignored() const { return ignored_; }

  // Whether the set has a key of this thumbprint that allows `alg`.
  bool Has(const Sha256Digest& thumbprint, Alg alg) const;

 private:
  std::vector<Key> keys_;
  std::vector<std::string> ignored_;
};

}  // namespace usher::jose

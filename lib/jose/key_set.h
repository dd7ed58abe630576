// A provider's published keys (JWK Set, RFC 7517 section 5).
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/jose/key.h"

namespace usher::jose {

// Immutable; copies share the keys. Thread-safe.
//
// A key that cannot be used is left out, as RFC 7517 section 5 requires, and
// the set knows why.
class KeySet {
 public:
  // Only the first kMaxKeys keys of a set are read: each costs some tens of
  // microseconds and some kilobytes.
  static constexpr size_t kMaxKeys = 500;

  // Where no key of a set has a kid, at most this many are tried for one token:
  // each costs a verification, also for a forged token.
  static constexpr size_t kMaxTriedWithoutKids = 32;

  KeySet() = default;
  explicit KeySet(std::vector<Key> keys) : keys_(std::move(keys)) {}

  // A JWK Set, or an object whose members are certificates or public keys in
  // PEM, named by their kids. Fails if the text is neither, or has no usable
  // key: an empty answer must not replace good keys.
  static absl::StatusOr<KeySet> FromJwks(std::string_view json);

  // PEM blocks (pem.h). Keys have no kid. Fails for a private key, and without
  // a usable key.
  static absl::StatusOr<KeySet> FromPem(std::string_view pem);

  std::span<const Key> keys() const { return keys_; }

  // Why keys were left out, for operators: "keys[2] (kid "a"): RSA modulus has
  // 1024 bits". At most kMaxKeys + 1 short, printable lines. Keys with another
  // purpose, such as encryption, are not among them.
  std::span<const std::string> ignored() const { return ignored_; }

  // Why the set has no usable key with this kid, although it has a key with it:
  // "RSA modulus has 1024 bits".
  std::optional<std::string_view> WhyUnusable(std::string_view kid) const;

  // Why no token of an algorithm can be verified, although there are keys for
  // it: no key has a kid and more fit than are tried. For operators.
  std::optional<std::string> WhyAmbiguous() const;

  // Whether the set has a key of this thumbprint that allows `alg`.
  bool Has(const Sha256Digest& thumbprint, Alg alg) const;

  // Whether both have the same keys, in any order.
  bool HasSameKeysAs(const KeySet& other) const;

  // This set, with the key objects of `last` where both have a key: what
  // threads keep for each object stays valid.
  KeySet WithKeysOf(const KeySet& last) &&;

 private:
  struct Unusable {
    std::string kid;
    std::string why;
  };

  bool HasRoom();
  void Add(const std::string& name, std::optional<std::string_view> kid,
           absl::StatusOr<Key> key);
  void Ignore(const std::string& name, std::optional<std::string_view> kid,
              const absl::Status& why);
  // This set, or an error if it has no usable key.
  absl::StatusOr<KeySet> Checked(std::string_view what) &&;

  std::vector<Key> keys_;
  std::vector<std::string> ignored_;
  // Every key with a kid that is not among keys_.
  std::vector<Unusable> unusable_;
  size_t read_ = 0;
};

}  // namespace usher::jose

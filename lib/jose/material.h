// The content of a Key. key.h says what is checked.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "lib/jose/key.h"
#include "lib/jose/openssl.h"
#include "lib/jose/public_numbers.h"

namespace usher::jose {

struct Key::Material {
  PkeyPtr pkey;
  KeyType type;
  int bits;
  size_t rsa_size;  // bytes of the modulus, of every signature; 0 if not RSA
  AlgSet algs;
  std::optional<std::string> kid;
  Sha256Digest thumbprint;
  uint64_t serial;
};

// Checks `numbers` and binds them to `algs`, a subset of AlgsFitFor(numbers)
// that is not empty.
absl::StatusOr<std::shared_ptr<const Key::Material>> MakeMaterial(
    const PublicNumbers& numbers, AlgSet algs, std::optional<std::string> kid);

}  // namespace usher::jose

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

// Of a key's certificate, in base64url as in a JWS header; "" where unknown.
struct CertificateThumbprints {
  std::string x5t;       // SHA-1, RFC 7515 section 4.1.7
  std::string x5t_s256;  // SHA-256, RFC 7515 section 4.1.8

  static CertificateThumbprints Of(std::string_view der);
  bool operator==(const CertificateThumbprints&) const = default;
};

struct Key::Material {
  PkeyPtr pkey;
  KeyType type;
  int bits;
  size_t rsa_size;  // bytes of the modulus, of every signature; 0 if not RSA
  AlgSet algs;
  std::optional<std::string> kid;
  Sha256Digest thumbprint;
  CertificateThumbprints certificate;
  uint64_t serial;
};

// Checks `numbers` and binds them to `algs`, a subset of AlgsFitFor(numbers)
// that is not empty.
absl::StatusOr<std::shared_ptr<const Key::Material>> MakeMaterial(
    const PublicNumbers& numbers, AlgSet algs, std::optional<std::string> kid,
    CertificateThumbprints certificate);

}  // namespace usher::jose

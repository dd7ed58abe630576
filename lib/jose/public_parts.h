// The numbers a public key is made of: the form between JWK, PEM and OpenSSL,
// and the one place where they are judged.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "lib/jose/alg.h"
#include "lib/jose/openssl.h"

namespace usher::jose {

struct CurveRow {
  Curve curve;
  std::string_view name;  // `crv`, RFC 7518 section 6.2.1.1, RFC 8037
  KeyType key_type;
  const char* openssl_name;
  size_t size;  // bytes of a coordinate, or of an OKP key
  int bits;
};

const CurveRow& RowOf(Curve curve);  // not kNone
std::optional<Curve> CurveNamed(std::string_view crv);

// Big-endian bytes, as in a JWK after base64url.
struct PublicParts {
  KeyType type;
  Curve curve = Curve::kNone;
  std::string first;   // RSA: n, without leading zeros; EC, OKP: x
  std::string second;  // RSA: e, without leading zeros; EC: y; OKP: empty
};

// What `key` (public or private) shows of itself. Fails for other kinds of
// keys and for curves without a name here.
absl::StatusOr<PublicParts> PartsOf(const EVP_PKEY& key);

// The key, after checking everything Key's contract promises of its numbers.
absl::StatusOr<PkeyPtr> CheckedPkey(const PublicParts& parts);

// RSA modulus or curve size.
int BitsOf(const PublicParts& parts);

// What the numbers permit, before `alg` and `use` narrow it.
AlgSet AlgsFitFor(const PublicParts& parts);

// The required members alone, in the order of RFC 7638 section 3.2, as JSON.
std::string CanonicalJwk(const PublicParts& parts);

}  // namespace usher::jose

// The numbers of a public key: the common form of JWK, PEM and OpenSSL, and the
// only place where they are checked.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "lib/jose/alg.h"
#include "lib/jose/openssl.h"

namespace usher::jose {

struct CurveInfo {
  Curve curve;
  std::string_view name;  // `crv`, RFC 7518 section 6.2.1.1, RFC 8037
  KeyType key_type;
  const char* openssl_name;
  size_t size;  // bytes of a coordinate, or of an OKP key
  int bits;
};

const CurveInfo& InfoOf(Curve curve);  // not kNone
std::optional<Curve> CurveNamed(std::string_view crv);

// Big-endian bytes, as in a JWK after base64url.
struct PublicNumbers {
  KeyType type;
  Curve curve = Curve::kNone;
  std::string n_or_x;  // RSA: n, without leading zeros; EC, OKP: x
  std::string e_or_y;  // RSA: e, without leading zeros; EC: y; OKP: empty
};

// The public half of `key` (public or private). Fails for other key types and
// for curves that are not in the table.
absl::StatusOr<PublicNumbers> NumbersOf(const EVP_PKEY& key);

// The key, after checking everything that key.h promises about its numbers.
absl::StatusOr<PkeyPtr> CheckedPkey(const PublicNumbers& numbers);

// RSA modulus or curve size.
int BitsOf(const PublicNumbers& numbers);

// What the numbers allow, before `alg` and `use` restrict it.
AlgSet AlgsFitFor(const PublicNumbers& numbers);

// Only the required members, in the order of RFC 7638 section 3.2, as JSON.
std::string CanonicalJwk(const PublicNumbers& numbers);

}  // namespace usher::jose

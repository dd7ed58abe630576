// Signing: for client assertions, the development issuer and tests. Not used in
// verification.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "lib/jose/alg.h"
#include "usher/secret.h"

namespace usher::jose {

// A private key bound to one algorithm. Cheap to copy, thread-safe.
class SigningKey {
 public:
  // A new key. `rsa_bits` is for RSA; the other types have the size of their
  // curve.
  static absl::StatusOr<SigningKey> Generate(Alg alg, int rsa_bits = 2048);
  // An unencrypted PKCS#8 or traditional PEM.
  static absl::StatusOr<SigningKey> FromPem(Alg alg, const Secret& pem);

  Alg alg() const;

  // The compact JWS of `header` and `payload` (JSON texts, used unchanged).
  std::string SignCompact(std::string_view header,
                          std::string_view payload) const;
  // Only the signature, in JWS form. The key has signed once when it was
  // created; if OpenSSL fails nevertheless, the result is empty, which no
  // verifier accepts.
  std::string Sign(std::string_view input) const;

  // {"kty":...,"kid":...,"alg":...,"use":"sig",...}; without kid if none is
  // given.
  std::string PublicJwk(std::optional<std::string_view> kid) const;
  std::string PublicPem() const;

 private:
  struct Material;
  explicit SigningKey(std::shared_ptr<const Material> material)
      : material_(std::move(material)) {}
  std::shared_ptr<const Material> material_;
};

}  // namespace usher::jose

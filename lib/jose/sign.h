// Signing, for Usher's own needs: client assertions, the development issuer,
// tests. Not on a token's path.
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
  // A new key. RSA keys get `rsa_bits` (the others have their curve's size).
  static absl::StatusOr<SigningKey> Generate(Alg alg, int rsa_bits = 2048);
  // An unencrypted PKCS#8 or traditional PEM.
  static absl::StatusOr<SigningKey> FromPem(Alg alg, const Secret& pem);

  Alg alg() const;

  // The compact JWS of `header` and `payload` (JSON texts, taken as they are).
  std::string SignCompact(std::string_view header,
                          std::string_view payload) const;
  // The signature alone, in JWS form. The key has signed once when it was made;
  // should OpenSSL fail all the same, it is empty, which no verifier takes.
  std::string Sign(std::string_view input) const;

  // {"kty":...,"kid":...,"alg":...,"use":"sig",...}; without kid if none given.
  std::string PublicJwk(std::optional<std::string_view> kid) const;
  std::string PublicPem() const;

 private:
  struct Material;
  explicit SigningKey(std::shared_ptr<const Material> material)
      : material_(std::move(material)) {}
  std::shared_ptr<const Material> material_;
};

}  // namespace usher::jose

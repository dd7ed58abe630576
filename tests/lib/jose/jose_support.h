// Keys and texts that the tests of this folder share.
#pragma once

#include <openssl/evp.h>

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "lib/jose/alg.h"
#include "lib/jose/key.h"
#include "lib/jose/sign.h"
#include "lib/json/json.h"

namespace usher::jose {

// One key for each algorithm, generated at the first call: RSA keys are slow.
const SigningKey& SharedKey(Alg alg);

// Its public half, bound to its algorithm, with kid "k".
Key PublicKeyOf(const SigningKey& key);

// Its public half with every algorithm that fits.
Key UnboundKeyOf(const SigningKey& key);

absl::StatusOr<Key> KeyFromJwk(std::string_view jwk);

// The error of KeyFromJwk(), "" if there is none.
std::string ErrorOfJwk(std::string_view jwk);

// A file below tests/data.
std::string TestData(std::string_view name);

// Test names may have only letters and digits.
std::string TestNameOf(Alg alg);

std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> NewEc(const char* curve);

// PEM texts, written by OpenSSL.
std::string PrivatePem(EVP_PKEY* key);
std::string PublicPem(EVP_PKEY* key);
std::string CertificatePem(EVP_PKEY* key);

}  // namespace usher::jose

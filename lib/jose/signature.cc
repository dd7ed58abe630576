#include "lib/jose/signature.h"

#include <openssl/err.h>

#include "lib/jose/ecdsa_der.h"
#include "lib/jose/material.h"
#include "lib/jose/verify_contexts.h"

namespace usher::jose {
namespace {

// EVP_PKEY_verify() may be called again and again on one context, and keeps
// its padding. Never initialise an RSA context anew with
// EVP_DigestVerifyInit(ctx, NULL, ...) instead: OpenSSL 3.0 then falls back
// from PSS to PKCS#1 v1.5, and an RS256 signature passes as PS256.
bool DigestHolds(VerifyContext& context, const AlgRow& row,
                 std::string_view input, std::string_view signature) {
  unsigned char digest[kMaxDigestSize];
  const size_t digest_size = HashOfThisThread(row.digest, input, digest);
  if (row.key_type == KeyType::kEc) {
    const EcdsaDer der = DerOfJoined(signature);
    return EVP_PKEY_verify(context.pkey_ctx.get(), der.bytes.data(), der.size,
                           digest, digest_size) == 1;
  }
  return EVP_PKEY_verify(context.pkey_ctx.get(), Bytes(signature),
                         signature.size(), digest, digest_size) == 1;
}

// EdDSA has no parameters that starting anew could lose.
bool MessageHolds(VerifyContext& context, std::string_view input,
                  std::string_view signature) {
  return EVP_DigestVerifyInit_ex(context.md_ctx.get(), nullptr, nullptr,
                                 nullptr, nullptr, nullptr, nullptr) == 1 &&
         EVP_DigestVerify(context.md_ctx.get(), Bytes(signature),
                          signature.size(), Bytes(input), input.size()) == 1;
}

}  // namespace

bool VerifySignature(const Key& key, Alg alg, std::string_view input,
                     std::string_view signature) {
  const AlgRow& row = RowOf(alg);
  const size_t size =
      row.signature_size != 0 ? row.signature_size : key.material().rsa_size;
  if (!key.algs().Has(alg) || signature.size() != size) return false;
  VerifyContext* context = VerifyContexts::ThisThread().For(key, alg);
  if (context == nullptr) return false;
  const bool holds = row.key_type == KeyType::kOkp
                         ? MessageHolds(*context, input, signature)
                         : DigestHolds(*context, row, input, signature);
  // OpenSSL queues what it did not like; left there, it would turn up in the
  // next one's error report.
  if (!holds) ERR_clear_error();
  return holds;
}

}  // namespace usher::jose

#include "lib/jose/signature.h"

#include <openssl/err.h>

#include "lib/jose/ecdsa_der.h"
#include "lib/jose/material.h"
#include "lib/jose/verify_contexts.h"

namespace usher::jose {
namespace {

// EVP_PKEY_verify() may be called repeatedly on one context, which keeps its
// padding. Never initialise an RSA context again with
// EVP_DigestVerifyInit(ctx, NULL, ...) instead: OpenSSL 3.0 then falls back
// from PSS to PKCS#1 v1.5, and accepts an RS256 signature as PS256.
bool VerifyDigest(VerifyContext& context, const AlgInfo& info,
                  std::string_view input, std::string_view signature) {
  unsigned char digest[kMaxDigestSize];
  const size_t digest_size = Hash(info.digest, input, digest);
  if (info.key_type == KeyType::kEc) {
    const EcdsaDer der = EcdsaToDer(signature);
    return EVP_PKEY_verify(context.pkey_ctx.get(), der.bytes.data(), der.size,
                           digest, digest_size) == 1;
  }
  return EVP_PKEY_verify(context.pkey_ctx.get(), Bytes(signature),
                         signature.size(), digest, digest_size) == 1;
}

// EdDSA has no parameters that a new initialisation could lose.
bool VerifyMessage(VerifyContext& context, std::string_view input,
                   std::string_view signature) {
  return EVP_DigestVerifyInit_ex(context.md_ctx.get(), nullptr, nullptr,
                                 nullptr, nullptr, nullptr, nullptr) == 1 &&
         EVP_DigestVerify(context.md_ctx.get(), Bytes(signature),
                          signature.size(), Bytes(input), input.size()) == 1;
}

}  // namespace

bool VerifySignature(const Key& key, Alg alg, std::string_view input,
                     std::string_view signature) {
  const AlgInfo& info = InfoOf(alg);
  const size_t size =
      info.signature_size != 0 ? info.signature_size : key.material().rsa_size;
  if (!key.algs().Has(alg) || signature.size() != size) return false;
  VerifyContext* context = VerifyContexts::ThisThread().For(key, alg);
  if (context == nullptr) return false;
  const bool valid = info.key_type == KeyType::kOkp
                         ? VerifyMessage(*context, input, signature)
                         : VerifyDigest(*context, info, input, signature);
  // OpenSSL queues its errors; they would appear in the next error report.
  if (!valid) ERR_clear_error();
  return valid;
}

}  // namespace usher::jose

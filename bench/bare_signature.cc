#include "bench/bare_signature.h"

#include <openssl/rsa.h>

#include "lib/jose/ecdsa_der.h"
#include "lib/jose/material.h"

namespace usher::bench {

BareSignature::BareSignature(const jose::Key& key, jose::Alg alg,
                             std::string_view input, std::string_view signature)
    : row_(jose::InfoOf(alg)),
      input_(input),
      signature_(signature),
      md_ctx_(EVP_MD_CTX_new()) {
  EVP_PKEY* const pkey = key.material().pkey.get();
  if (row_.key_type == jose::KeyType::kOkp) {
    EVP_DigestVerifyInit(md_ctx_.get(), nullptr, nullptr, nullptr, pkey);
    return;
  }
  if (row_.key_type == jose::KeyType::kEc) {
    const jose::EcdsaDer der = jose::EcdsaToDer(signature);
    signature_.assign(der.bytes.begin(), der.bytes.begin() + der.size);
  }
  pkey_ctx_.reset(EVP_PKEY_CTX_new_from_pkey(nullptr, pkey, nullptr));
  EVP_PKEY_verify_init(pkey_ctx_.get());
  if (row_.padding == jose::Padding::kPss) {
    EVP_PKEY_CTX_set_rsa_padding(pkey_ctx_.get(), RSA_PKCS1_PSS_PADDING);
    EVP_PKEY_CTX_set_rsa_pss_saltlen(pkey_ctx_.get(), RSA_PSS_SALTLEN_DIGEST);
  }
  EVP_PKEY_CTX_set_signature_md(pkey_ctx_.get(), jose::FetchedMd(row_.digest));
}

bool BareSignature::Holds() {
  return row_.key_type == jose::KeyType::kOkp ? MessageHolds() : DigestHolds();
}

bool BareSignature::DigestHolds() {
  unsigned char digest[jose::kMaxDigestSize];
  unsigned size = 0;
  EVP_DigestInit_ex2(md_ctx_.get(), jose::FetchedMd(row_.digest), nullptr);
  EVP_DigestUpdate(md_ctx_.get(), input_.data(), input_.size());
  EVP_DigestFinal_ex(md_ctx_.get(), digest, &size);
  return EVP_PKEY_verify(pkey_ctx_.get(), jose::Bytes(signature_),
                         signature_.size(), digest, size) == 1;
}

bool BareSignature::MessageHolds() {
  EVP_DigestVerifyInit(md_ctx_.get(), nullptr, nullptr, nullptr, nullptr);
  return EVP_DigestVerify(md_ctx_.get(), jose::Bytes(signature_),
                          signature_.size(), jose::Bytes(input_),
                          input_.size()) == 1;
}

}  // namespace usher::bench

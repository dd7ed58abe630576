// OpenSSL's objects with owners, and its digests, fetched once.
#pragma once

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "lib/jose/alg.h"

namespace usher::jose {

template <auto Free>
struct FreeWith {
  template <typename T>
  void operator()(T* object) const {
    Free(object);
  }
};

using PkeyPtr = std::unique_ptr<EVP_PKEY, FreeWith<EVP_PKEY_free>>;
using PkeyCtxPtr = std::unique_ptr<EVP_PKEY_CTX, FreeWith<EVP_PKEY_CTX_free>>;
using MdCtxPtr = std::unique_ptr<EVP_MD_CTX, FreeWith<EVP_MD_CTX_free>>;
using BioPtr = std::unique_ptr<BIO, FreeWith<BIO_free>>;
using BignumPtr = std::unique_ptr<BIGNUM, FreeWith<BN_free>>;
using X509Ptr = std::unique_ptr<X509, FreeWith<X509_free>>;

inline const unsigned char* Bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

constexpr size_t kMaxDigestSize = 64;

// OpenSSL's object for `digest`, which must not be kNone. Fetched once for the
// process: each fetch takes a lock that all threads share.
const EVP_MD* FetchedMd(Digest digest);

// Writes the digest of `bytes` to `out` and returns its size. Allocates nothing
// after the first call of a thread. Ends the process if OpenSSL cannot hash:
// then no result of OpenSSL can be trusted.
size_t Hash(Digest digest, std::string_view bytes, unsigned char* out);

}  // namespace usher::jose

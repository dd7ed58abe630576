// Owners of OpenSSL's objects, and reading PEM text.
#pragma once

#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <memory>
#include <string_view>

#include "absl/time/time.h"

namespace usher::server {

template <auto kFree>
struct Freed {
  template <typename T>
  void operator()(T* pointer) const {
    kFree(pointer);
  }
};
using Bio = std::unique_ptr<BIO, Freed<BIO_free>>;
using SslContext = std::unique_ptr<SSL_CTX, Freed<SSL_CTX_free>>;
using PrivateKey = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using X509Certificate = std::unique_ptr<X509, Freed<X509_free>>;
using X509Crl = std::unique_ptr<X509_CRL, Freed<X509_CRL_free>>;

// Borrows `text`.
inline Bio OpenText(std::string_view text) {
  return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

// Without this, OpenSSL would ask for a passphrase at the terminal.
inline int NoPassphrase(char*, int, int, void*) { return -1; }

inline absl::Time TimeOf(const ASN1_TIME* time) {
  tm broken_down{};
  ASN1_TIME_to_tm(time, &broken_down);
  return absl::FromTM(broken_down, absl::UTCTimeZone());
}

}  // namespace usher::server

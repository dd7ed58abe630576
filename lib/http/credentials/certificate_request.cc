#include "lib/http/credentials/certificate_request.h"

#include <openssl/ssl.h>

namespace usher::http {
namespace {

// Deletes the context's share of the flag.
void FreeShare(void*, void* share, CRYPTO_EX_DATA*, int, long, void*) {
  delete static_cast<SharedHandshake*>(share);
}

int ShareIndex() {
  static const int index =
      SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, FreeShare);
  return index;
}

// OpenSSL calls it on the client's side when the server asks for a certificate.
int OnCertificateRequest(SSL*, void* handshake) {
  static_cast<Handshake*>(handshake)->certificate_requested = true;
  return 1;
}

// libcurl makes one context for each connection, once there is one.
CURLcode OnContext(CURL*, void* context, void* shared) {
  auto* const ssl = static_cast<SSL_CTX*>(context);
  const auto& handshake = *static_cast<SharedHandshake*>(shared);
  handshake->began = std::chrono::steady_clock::now();
  auto share = std::make_unique<SharedHandshake>(handshake);
  if (SSL_CTX_set_ex_data(ssl, ShareIndex(), share.get()) != 1) {
    return CURLE_OUT_OF_MEMORY;
  }
  share.release();
  SSL_CTX_set_cert_cb(ssl, OnCertificateRequest, handshake.get());
  return CURLE_OK;
}

}  // namespace

void WatchHandshake(CURL* easy, SharedHandshake& handshake) {
  handshake = std::make_shared<Handshake>();
  curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, &OnContext);
  curl_easy_setopt(easy, CURLOPT_SSL_CTX_DATA, &handshake);
}

}  // namespace usher::http

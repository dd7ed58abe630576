// An HTTPS server that sends given bytes, which a correct server would not
// send.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <memory>
#include <string>
#include <thread>

#include "tests/support/certificate_authority.h"

namespace usher::http {

// Serves one connection on 127.0.0.1: reads once, sends `answer`, then closes
// it, or with `then_hold` waits until the client closes it. With
// `wants_certificate` the client must have a certificate of `ca`.
class RawTlsServer {
 public:
  RawTlsServer(const testing::CertificateAuthority& ca, std::string answer,
               bool then_hold = false, bool wants_certificate = false)
      : answer_(std::move(answer)), then_hold_(then_hold) {
    context_.reset(SSL_CTX_new(TLS_server_method()));
    UseCertificate(ca.Issue());
    if (wants_certificate) WantCertificateOf(ca.pem());
    listener_ = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof(address));
    listen(listener_, 1);
    socklen_t size = sizeof(address);
    getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { Serve(); });
  }
  ~RawTlsServer() {
    shutdown(listener_, SHUT_RDWR);
    thread_.join();
    close(listener_);
  }
  RawTlsServer(const RawTlsServer&) = delete;
  RawTlsServer& operator=(const RawTlsServer&) = delete;

  std::string url() const {
    return "https://127.0.0.1:" + std::to_string(port_) + "/";
  }

 private:
  struct Free {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
    void operator()(SSL* ssl) const { SSL_free(ssl); }
    void operator()(BIO* bio) const { BIO_free_all(bio); }
    void operator()(X509* certificate) const { X509_free(certificate); }
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  };

  void UseCertificate(const testing::Certificate& pem) {
    const auto bio_of = [](const std::string& text) {
      return std::unique_ptr<BIO, Free>(
          BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
    };
    const auto chain = bio_of(pem.chain);
    const auto key_text = bio_of(pem.private_key);
    const std::unique_ptr<X509, Free> certificate(
        PEM_read_bio_X509(chain.get(), nullptr, nullptr, nullptr));
    const std::unique_ptr<EVP_PKEY, Free> key(
        PEM_read_bio_PrivateKey(key_text.get(), nullptr, nullptr, nullptr));
    SSL_CTX_use_certificate(context_.get(), certificate.get());
    SSL_CTX_use_PrivateKey(context_.get(), key.get());
  }

  void WantCertificateOf(const std::string& ca) {
    const std::unique_ptr<BIO, Free> text(
        BIO_new_mem_buf(ca.data(), static_cast<int>(ca.size())));
    const std::unique_ptr<X509, Free> certificate(
        PEM_read_bio_X509(text.get(), nullptr, nullptr, nullptr));
    X509_STORE_add_cert(SSL_CTX_get_cert_store(context_.get()),
                        certificate.get());
    SSL_CTX_set_verify(context_.get(),
                       SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
                       nullptr);
  }

  void Serve() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, nullptr);  // the client may hang up
    const int fd = accept(listener_, nullptr, nullptr);
    if (fd < 0) return;
    const std::unique_ptr<SSL, Free> ssl(SSL_new(context_.get()));
    SSL_set_fd(ssl.get(), fd);
    char request[4096];
    if (SSL_accept(ssl.get()) == 1 &&
        SSL_read(ssl.get(), request, sizeof(request)) > 0) {
      SSL_write(ssl.get(), answer_.data(), static_cast<int>(answer_.size()));
      if (then_hold_) SSL_read(ssl.get(), request, sizeof(request));
      SSL_shutdown(ssl.get());
    }
    close(fd);
  }

  const std::string answer_;
  const bool then_hold_;
  std::unique_ptr<SSL_CTX, Free> context_;
  int listener_ = -1;
  uint16_t port_ = 0;
  std::thread thread_;
};

}  // namespace usher::http

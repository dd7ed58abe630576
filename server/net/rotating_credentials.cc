#include "server/net/rotating_credentials.h"

#include <grpc/grpc_security.h>

#include <utility>

#include "client/guard/grpc/internals/custom_server_credentials.h"
#include "lib/rpc/grpc_log.h"

namespace usher::server {
namespace {

using Material = std::shared_ptr<const Certificates::Served>;

// gRPC's C API gets the certificates from a callback at each handshake; its C++
// API has no such callback. (Its experimental file watcher serves files without
// any check.)
class RotatingCredentials final : public guard::CustomServerCredentials {
 public:
  RotatingCredentials(std::shared_ptr<const Certificates> certificates,
                      grpc_ssl_client_certificate_request_type request)
      : certificates_(std::move(certificates)),
        credentials_(grpc_ssl_server_credentials_create_with_options(
            grpc_ssl_server_credentials_create_options_using_config_fetcher(
                request, &Fetch, this))) {}
  ~RotatingCredentials() override {
    if (credentials_) grpc_server_credentials_release(credentials_);
  }

  void SetAuthMetadataProcessor(
      const std::shared_ptr<grpc::AuthMetadataProcessor>&) override {
    rpc::LogError("usherd does not use an AuthMetadataProcessor");
  }

 private:
  // gRPC calls it at each handshake, one call at a time per port.
  static grpc_ssl_certificate_config_reload_status Fetch(
      void* self, grpc_ssl_server_certificate_config** config) noexcept {
    return static_cast<RotatingCredentials*>(self)->Fetch(config);
  }
  grpc_ssl_certificate_config_reload_status Fetch(
      grpc_ssl_server_certificate_config** config) {
    Material now = certificates_->served();
    if (now == given_) return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_UNCHANGED;
    given_ = std::move(now);
    const TlsMaterial& material = given_->material;
    const grpc_ssl_pem_key_cert_pair pair = {material.private_key.c_str(),
                                             material.certificate.c_str()};
    *config = grpc_ssl_server_certificate_config_create(
        material.client_ca.empty() ? nullptr : material.client_ca.c_str(),
        &pair, 1);
    return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_NEW;
  }

  int OpenPort(const std::string& address, grpc_server* server) override {
    return grpc_server_add_http2_port(server, address.c_str(), credentials_);
  }

  const std::shared_ptr<const Certificates> certificates_;
  Material given_;  // what gRPC has; used by Fetch() only
  grpc_server_credentials* const credentials_;
};

grpc_ssl_client_certificate_request_type RequestFor(
    const Certificates& certificates, ClientCertificate client_certificate) {
  if (certificates.served()->material.client_ca.empty()) {
    return GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE;
  }
  return client_certificate == ClientCertificate::kRequired
             ? GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY
             : GRPC_SSL_REQUEST_CLIENT_CERTIFICATE_AND_VERIFY;
}

}  // namespace

std::shared_ptr<grpc::ServerCredentials> MakeCredentials(
    std::shared_ptr<const Certificates> certificates,
    ClientCertificate client_certificate) {
  if (!certificates) return grpc::InsecureServerCredentials();
  const auto request = RequestFor(*certificates, client_certificate);
  return std::make_shared<RotatingCredentials>(std::move(certificates),
                                               request);
}

}  // namespace usher::server

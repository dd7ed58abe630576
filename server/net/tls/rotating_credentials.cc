#include "server/net/tls/rotating_credentials.h"

#include <grpc/grpc_security.h>

#include <optional>
#include <string>
#include <string_view>
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
  RotatingCredentials(std::shared_ptr<Certificates> certificates,
                      grpc_ssl_client_certificate_request_type request,
                      const base::Clock& clock)
      : certificates_(std::move(certificates)),
        clock_(clock),
        credentials_(grpc_ssl_server_credentials_create_with_options(
            grpc_ssl_server_credentials_create_options_using_config_fetcher(
                request, &Fetch, this))) {
    if (request == GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE) return;
    grpc_server_credentials_set_auth_metadata_processor(
        credentials_, {&Process, [](void*) {}, this});
  }
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
    // gRPC aborts the process without roots, even where it asks for no client
    // certificate and so uses none.
    const std::string& roots = material.client_ca.empty()
                                   ? material.certificate
                                   : material.client_ca;
    *config =
        grpc_ssl_server_certificate_config_create(roots.c_str(), &pair, 1);
    return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_NEW;
  }

  // gRPC calls it for each call, on a polling thread.
  static void Process(void* self, grpc_auth_context* peer, const grpc_metadata*,
                      size_t, grpc_process_auth_metadata_done_cb done,
                      void* call) noexcept {
    const auto refusal = static_cast<RotatingCredentials*>(self)->Judge(peer);
    if (!refusal) {
      return done(call, nullptr, 0, nullptr, 0, GRPC_STATUS_OK, nullptr);
    }
    const std::string message(MessageFor(*refusal));
    done(call, nullptr, 0, nullptr, 0, GRPC_STATUS_UNAUTHENTICATED,
         message.c_str());
  }
  std::optional<CertificateRefusal> Judge(const grpc_auth_context* peer) {
    const std::string_view leaf =
        PropertyOf(peer, GRPC_X509_PEM_CERT_PROPERTY_NAME);
    // Without a certificate it is an anonymous peer: ClientServices decides.
    if (leaf.empty()) return std::nullopt;
    const Material now_served = certificates_->served();
    const absl::Time now = clock_.Now();
    const auto refusal = judge_.Judge(
        leaf, PropertyOf(peer, GRPC_X509_PEM_CERT_CHAIN_PROPERTY_NAME),
        now_served->revoked.get(), certificates_->client_crl_required(), now);
    if (refusal) certificates_->OnRefused(*refusal, now);
    return refusal;
  }
  static std::string_view PropertyOf(const grpc_auth_context* peer,
                                     const char* name) {
    auto at = grpc_auth_context_find_properties_by_name(peer, name);
    const auto* property = grpc_auth_property_iterator_next(&at);
    return property == nullptr
               ? std::string_view()
               : std::string_view(property->value, property->value_length);
  }

  int OpenPort(const std::string& address, grpc_server* server) override {
    return grpc_server_add_http2_port(server, address.c_str(), credentials_);
  }

  const std::shared_ptr<Certificates> certificates_;
  const base::Clock& clock_;
  ClientCertificates judge_;
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
    std::shared_ptr<Certificates> certificates,
    ClientCertificate client_certificate, const base::Clock& clock) {
  if (!certificates) return grpc::InsecureServerCredentials();
  const auto request = RequestFor(*certificates, client_certificate);
  return std::make_shared<RotatingCredentials>(std::move(certificates), request,
                                               clock);
}

}  // namespace usher::server

#include "server/credentials.h"

#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_credentials_options.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <string>

#include "lib/base/strings.h"

namespace usher::server {
namespace {

constexpr unsigned kReadAgainSeconds = 10;

absl::Status Fault(std::string_view setting, std::string_view member,
                   std::string_view path, std::string_view why) {
  return absl::FailedPreconditionError(
      base::Absl(base::StrCat(setting, ".", member, ": ", path, ": ", why)));
}

// OpenSSL's own words for what went wrong last.
std::string WhyNot() {
  const char* reason = ERR_reason_error_string(ERR_peek_last_error());
  std::string words = reason ? reason : "cannot be used";
  ERR_clear_error();
  return words;
}

absl::Status CheckReadable(std::string_view setting, std::string_view member,
                           const std::string& path) {
  std::ifstream file(path);
  if (file && file.peek() != std::ifstream::traits_type::eof()) {
    return absl::OkStatus();
  }
  return Fault(setting, member, path,
               file.is_open() ? "is empty" : std::strerror(errno));
}

absl::Status CheckUsable(const config::Tls& tls, std::string_view setting) {
  const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context(
      SSL_CTX_new(TLS_server_method()), &SSL_CTX_free);
  if (!context) return absl::InternalError("OpenSSL cannot be set up");
  // Without this an encrypted key would be asked for at the terminal.
  SSL_CTX_set_default_passwd_cb(context.get(),
                                [](char*, int, int, void*) { return -1; });
  if (SSL_CTX_use_certificate_chain_file(context.get(),
                                         tls.certificate.c_str()) != 1) {
    return Fault(setting, "certificate", tls.certificate, WhyNot());
  }
  if (SSL_CTX_use_PrivateKey_file(context.get(), tls.private_key.c_str(),
                                  SSL_FILETYPE_PEM) != 1) {
    return Fault(setting, "private_key", tls.private_key, WhyNot());
  }
  if (tls.client_ca &&
      SSL_CTX_load_verify_file(context.get(), tls.client_ca->c_str()) != 1) {
    return Fault(setting, "client_ca", *tls.client_ca, WhyNot());
  }
  return absl::OkStatus();
}

absl::Status Check(const config::Tls& tls, std::string_view setting) {
  absl::Status status = CheckReadable(setting, "certificate", tls.certificate);
  if (status.ok()) {
    status = CheckReadable(setting, "private_key", tls.private_key);
  }
  if (status.ok() && tls.client_ca) {
    status = CheckReadable(setting, "client_ca", *tls.client_ca);
  }
  return status.ok() ? CheckUsable(tls, setting) : status;
}

}  // namespace

absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> MakeCredentials(
    const std::optional<config::Tls>& tls, ClientCertificate client_certificate,
    std::string_view setting) {
  if (!tls) return grpc::InsecureServerCredentials();
  if (absl::Status status = Check(*tls, setting); !status.ok()) return status;
  namespace tls_api = grpc::experimental;
  tls_api::TlsServerCredentialsOptions options(
      std::make_shared<tls_api::FileWatcherCertificateProvider>(
          tls->private_key, tls->certificate, tls->client_ca.value_or(""),
          kReadAgainSeconds));
  options.watch_identity_key_cert_pairs();
  if (tls->client_ca) {
    options.watch_root_certs();
    options.set_cert_request_type(
        client_certificate == ClientCertificate::kRequired
            ? GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY
            : GRPC_SSL_REQUEST_CLIENT_CERTIFICATE_AND_VERIFY);
  }
  return tls_api::TlsServerCredentials(options);
}

}  // namespace usher::server

#include "client/guard/grpc/ssl_options.h"

#include <array>
#include <string_view>
#include <vector>

#include "client/core/tls_files.h"
#include "lib/base/text/strings.h"
#include "usher/client_options.h"

namespace usher::guard {
namespace {

// `error` of client::CheckPem() with the names of SslServerCredentialsOptions.
std::string NamesOfSsl(std::string_view error) {
  struct Row {
    std::string_view ours, grpcs;
  };
  constexpr auto kRows = std::to_array<Row>(
      {{"tls.ca_pem", "pem_root_certs"},
       {"tls.identity.certificate_pem", "pem_key_cert_pairs: cert_chain"},
       {"tls.identity.private_key_pem", "pem_key_cert_pairs: private_key"}});
  for (const Row& row : kRows) {
    if (!error.starts_with(row.ours)) continue;
    return base::StrCat(row.grpcs, error.substr(row.ours.size()));
  }
  return std::string(error);
}

}  // namespace

grpc_server_credentials* MakeSsl(
    const grpc::SslServerCredentialsOptions& options) {
  std::vector<grpc_ssl_pem_key_cert_pair> pairs;
  for (const auto& pair : options.pem_key_cert_pairs) {
    pairs.push_back({pair.private_key.c_str(), pair.cert_chain.c_str()});
  }
  if (pairs.empty()) return nullptr;
  return grpc_ssl_server_credentials_create_ex(
      options.pem_root_certs.empty() ? nullptr : options.pem_root_certs.c_str(),
      pairs.data(), pairs.size(),
      options.force_client_auth
          ? GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY
          : options.client_certificate_request,
      nullptr);
}

std::string FindPemFault(const grpc::SslServerCredentialsOptions& options) {
  const auto fault = [](std::string_view what) {
    return base::StrCat("SslServerCredentialsOptions: ", what);
  };
  if (options.pem_key_cert_pairs.empty()) {
    return fault("pem_key_cert_pairs: must not be empty");
  }
  TlsOptions tls;
  if (!options.pem_root_certs.empty()) tls.ca_pem = options.pem_root_certs;
  for (const auto& pair : options.pem_key_cert_pairs) {
    tls.identity = {.certificate_pem = pair.cert_chain,
                    .private_key_pem = Secret(pair.private_key)};
    const absl::Status pem = client::CheckPem(tls);
    if (!pem.ok()) return fault(NamesOfSsl(base::Std(pem.message())));
  }
  return "";
}

}  // namespace usher::guard

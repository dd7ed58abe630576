#include "client/core/handshake_hint.h"

#include <algorithm>
#include <string>

namespace usher::client {
namespace {

// gRPC's text where it could not connect, rather than lost a connection.
constexpr std::string_view kConnecting[] = {
    "failed to connect to all addresses", "connections to all backends failing",
    "all SubConns are in TransientFailure"};
// The connection ended, or TLS 1.2 refused the certificate.
constexpr std::string_view kEnded[] = {
    "Socket closed",     "Connection reset", "Broken pipe",
    "handshake failure", "bad certificate",  "certificate required",
    "unknown ca"};

template <size_t kSize>
bool ContainsOneOf(std::string_view text,
                   const std::string_view (&parts)[kSize]) {
  return std::any_of(std::begin(parts), std::end(parts),
                     [&](std::string_view part) {
                       return text.find(part) != std::string_view::npos;
                     });
}

}  // namespace

ShownIdentity ShownIdentityOf(const ClientOptions& options) {
  if (!options.tls || options.credentials) return ShownIdentity::kUnknown;
  return options.tls->identity || options.tls->identity_files
             ? ShownIdentity::kCertificate
             : ShownIdentity::kNone;
}

std::string_view HandshakeHint(const grpc::Status& status,
                               ShownIdentity shown) {
  const std::string text = status.error_message();
  if (status.error_code() != grpc::StatusCode::UNAVAILABLE ||
      !ContainsOneOf(text, kConnecting) || !ContainsOneOf(text, kEnded)) {
    return "";
  }
  switch (shown) {
    case ShownIdentity::kUnknown:
      return "";
    case ShownIdentity::kNone:
      return ". The server ended the connection during the TLS handshake: it "
             "probably wants a client certificate, and none is configured "
             "(TlsOptions::identity, --cert and --key)";
    case ShownIdentity::kCertificate:
      return ". The server ended the connection during the TLS handshake: it "
             "probably does not accept the client certificate (its CA must be "
             "in the server's client_ca, and its dates must be valid)";
  }
  return "";
}

}  // namespace usher::client

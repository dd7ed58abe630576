#include "client/core/handshake_hint.h"

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <string>

namespace usher::client {
namespace {

// gRPC's text where it could not connect, rather than lost a connection.
constexpr std::string_view kConnecting[] = {
    "failed to connect to all addresses", "connections to all backends failing",
    "all SubConns are in TransientFailure"};
// The server ended the connection, or TLS 1.2 refused the certificate.
constexpr std::string_view kEnded[] = {
    "Socket closed",     "Connection reset", "Broken pipe",
    "handshake failure", "bad certificate",  "certificate required",
    "unknown ca"};
constexpr std::string_view kNotTls[] = {"wrong version number",
                                        "packet length too long"};
constexpr std::string_view kUntrusted[] = {"certificate verify failed"};
constexpr std::string_view kOtherName[] = {"is not in peer certificate"};
constexpr std::string_view kHttp1[] = {"Trying to connect an http1.x server"};

using Texts = std::span<const std::string_view>;

bool ContainsOneOf(std::string_view text, Texts parts) {
  return std::any_of(parts.begin(), parts.end(), [&](std::string_view part) {
    return text.find(part) != std::string_view::npos;
  });
}

// The first row whose text gRPC's message has.
struct Row {
  std::optional<ShownIdentity> shown;  // absent: whatever is shown
  Texts texts;
  std::string_view hint;
};
constexpr auto kRows = std::to_array<Row>({
    {ShownIdentity::kPlaintext, kEnded,
     ". The server ended the connection at once: it probably wants TLS"},
    {ShownIdentity::kNone, kEnded,
     ". The server ended the connection during the TLS handshake: it probably "
     "wants a client certificate, and none is configured "
     "(TlsOptions::identity, --cert and --key)"},
    {ShownIdentity::kCertificate, kEnded,
     ". The server ended the connection during the TLS handshake: it probably "
     "does not accept the client certificate (its CA must be in the server's "
     "client_ca, and its dates must be valid)"},
    {std::nullopt, kNotTls,
     ". The server answered without TLS: the port is another one, or usherd "
     "listens there without tls"},
    {std::nullopt, kUntrusted,
     ". The server's certificate is not from a trusted CA "
     "(TlsOptions::ca_file, --ca), or its dates are not valid"},
    {std::nullopt, kOtherName,
     ". The server's certificate must have that name "
     "(TlsOptions::server_name, --server-name)"},
    {std::nullopt, kHttp1, ". It is no gRPC port, but one for HTTP"},
});

}  // namespace

ShownIdentity ShownIdentityOf(const ClientOptions& options) {
  if (options.credentials) return ShownIdentity::kUnknown;
  if (!options.tls) return ShownIdentity::kPlaintext;
  return options.tls->identity || options.tls->identity_files
             ? ShownIdentity::kCertificate
             : ShownIdentity::kNone;
}

std::string_view HandshakeHint(const grpc::Status& status,
                               ShownIdentity shown) {
  const std::string text = status.error_message();
  if (status.error_code() != grpc::StatusCode::UNAVAILABLE ||
      !ContainsOneOf(text, kConnecting)) {
    return "";
  }
  for (const Row& row : kRows) {
    if (row.shown && *row.shown != shown) continue;
    if (ContainsOneOf(text, row.texts)) return row.hint;
  }
  return "";
}

}  // namespace usher::client

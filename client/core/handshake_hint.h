// What a failed connection was probably due to.
//
// gRPC reports OpenSSL's words, or only that a socket was closed: in TLS 1.3 a
// client finishes its handshake before the server has seen the client's
// certificate, and a server that wants one and gets none, or another one, then
// closes the connection.
#pragma once

#include <string_view>

#include "grpcpp/support/status.h"
#include "usher/client_options.h"

namespace usher::client {

// What a client shows to the server.
enum class ShownIdentity {
  kUnknown,  // credentials of the user
  kPlaintext,
  kNone,  // TLS without a client certificate
  kCertificate,
};
ShownIdentity ShownIdentityOf(const ClientOptions& options);

// What to try about `status`, to follow its message; "" if it is no failure of
// this kind. Pure.
std::string_view HandshakeHint(const grpc::Status& status, ShownIdentity shown);

}  // namespace usher::client

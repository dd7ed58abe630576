// The credentials of a gRPC listener, from certificates that can change.
#pragma once

#include <grpcpp/security/server_credentials.h>

#include <memory>

#include "lib/base/clock.h"
#include "server/net/tls/certificates.h"

namespace usher::server {

enum class ClientCertificate {
  kRequired,  // a peer without one cannot connect
  kOptional,  // if the peer sends one, it must be valid
};

// TLS 1.2 or later. Each handshake uses what `certificates` serves at that
// moment; existing connections go on when it changes. Plaintext if
// `certificates` is null: the configuration decides where that is permitted.
// For one listening port. The result must outlive its server, because gRPC
// calls it at each handshake but does not own it.
//
// Each call of a client with a certificate is judged again
// (client_certificates.h), before any handler: one that is not good any more
// ends UNAUTHENTICATED. Changed revocation lists also make new keys for session
// tickets, so that no session from before can be resumed. `clock` outlives the
// result.
std::shared_ptr<grpc::ServerCredentials> MakeCredentials(
    std::shared_ptr<Certificates> certificates,
    ClientCertificate client_certificate, const base::Clock& clock);

}  // namespace usher::server

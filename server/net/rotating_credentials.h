// How a gRPC listener proves who it is, and whom it lets connect.
#pragma once

#include <grpcpp/security/server_credentials.h>

#include <memory>

#include "server/net/certificates.h"

namespace usher::server {

enum class ClientCertificate {
  kRequired,  // a peer without one is not served
  kOptional,  // one that is sent must be good
};

// TLS 1.2 or later, with what `certificates` serves at the moment of each
// handshake: connections that are there go on when it changes. Plaintext where
// it is null (the configuration has judged where that may be). For one
// listening port; must be kept until its server is gone, because gRPC itself
// keeps only what is inside and asks it at each handshake.
std::shared_ptr<grpc::ServerCredentials> MakeCredentials(
    std::shared_ptr<const Certificates> certificates,
    ClientCertificate client_certificate);

}  // namespace usher::server

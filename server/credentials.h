// How a gRPC listener proves who it is, and whom it lets connect.
#pragma once

#include <grpcpp/security/server_credentials.h>

#include <memory>
#include <optional>
#include <string_view>

#include "absl/status/statusor.h"
#include "lib/config/config.h"

namespace usher::server {

enum class ClientCertificate {
  kRequired,  // a peer without one is not served
  kOptional,  // one that is sent must be good
};

// TLS 1.2 or later; plaintext where `tls` is absent (the configuration has
// judged where that may be). Certificates are read again when their files
// change, so rotating them needs no restart.
//
// Fails with words that name the file when one cannot be read, is no PEM, or
// when key and certificate do not belong together. `setting` is what the
// operator calls it: "tls". Reads files: call at start only.
absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> MakeCredentials(
    const std::optional<config::Tls>& tls, ClientCertificate client_certificate,
    std::string_view setting);

}  // namespace usher::server

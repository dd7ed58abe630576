// C credentials from grpc::SslServerCredentialsOptions.
#pragma once

#include <string>

#include "grpc/grpc_security.h"
#include "grpcpp/security/server_credentials.h"

namespace usher::guard {

// Null if gRPC cannot use `options`.
grpc_server_credentials* MakeSsl(
    const grpc::SslServerCredentialsOptions& options);

// Why gRPC could not use these options, or "". gRPC itself would refuse every
// handshake, or open no port, without a reason.
std::string FindPemFault(const grpc::SslServerCredentialsOptions& options);

}  // namespace usher::guard

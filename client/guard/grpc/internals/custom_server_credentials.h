// Server credentials that open their ports themselves.
#pragma once

#include <memory>
#include <string>

#include "grpc/grpc_security.h"
#include "grpcpp/security/server_credentials.h"
#include "lib/rpc/grpc_version.h"

struct grpc_server;

namespace usher::guard {

// gRPC's C API offers more than its C++ layer: an asynchronous auth metadata
// processor on every kind of port, and certificates that are asked for at each
// handshake. A class derived from this one can use it.
//
// A port that gRPC opens with these credentials in another way than OpenPort()
// (XdsServerCredentials() around them, a passive listener) has no certificate:
// it does not open, or every handshake fails.
class CustomServerCredentials : public grpc::ServerCredentials {
 public:
  // Does nothing. An override can log that it does nothing.
  void SetAuthMetadataProcessor(
      const std::shared_ptr<grpc::AuthMetadataProcessor>&) override {}

 protected:
#if USHER_GRPC_VERSION >= 1063
  CustomServerCredentials();
#endif

  // Opens `address` on `server`. Returns the port's number, or 0 on failure:
  // then BuildAndStart() returns null.
  virtual int OpenPort(const std::string& address, grpc_server* server) = 0;

 private:
  int AddPortToServer(const std::string& address, grpc_server* server) final {
    return OpenPort(address, server);
  }
#if USHER_GRPC_VERSION < 1063
  // What XdsServerCredentials() asks for, without a check for null.
  grpc::SecureServerCredentials* AsSecureServerCredentials() final;
  std::shared_ptr<grpc::ServerCredentials> unusable_;
#endif
};

}  // namespace usher::guard

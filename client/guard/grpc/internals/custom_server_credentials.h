// Server credentials that open their ports themselves.
#pragma once

#include <memory>
#include <string>

#include "grpcpp/security/server_credentials.h"

struct grpc_server;

namespace usher::guard {

// gRPC's C API offers more than its C++ layer: an asynchronous auth metadata
// processor on every kind of port, and certificates that are asked for at each
// handshake. A class derived from this one can use it.
class CustomServerCredentials : public grpc::ServerCredentials {
 public:
  // Does nothing. An override can log that it does nothing.
  void SetAuthMetadataProcessor(
      const std::shared_ptr<grpc::AuthMetadataProcessor>&) override {}

 protected:
  // Opens `address` on `server`. Returns the port's number, or 0 on failure:
  // then BuildAndStart() returns null.
  virtual int OpenPort(const std::string& address, grpc_server* server) = 0;

 private:
  int AddPortToServer(const std::string& address, grpc_server* server) final {
    return OpenPort(address, server);
  }
};

}  // namespace usher::guard

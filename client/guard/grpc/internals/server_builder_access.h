// What a grpc::ServerBuilder will build: gRPC shows some of it to derived
// classes, and the rest to no other class.
#pragma once

#include <cstddef>
#include <vector>

#include "grpcpp/impl/server_initializer.h"
#include "grpcpp/server_builder.h"

struct grpc_server;

namespace usher::guard {

class ServerBuilderAccess : public grpc::ServerBuilder {
 public:
  using grpc::ServerBuilder::NamedService;
  using grpc::ServerBuilder::Port;

  // In the order in which they were added.
  static std::vector<Port> PortsOf(grpc::ServerBuilder& builder) {
    return (builder.*(&ServerBuilderAccess::ports))();
  }
  static std::vector<NamedService*> ServicesOf(grpc::ServerBuilder& builder) {
    return (builder.*(&ServerBuilderAccess::services))();
  }
  static std::vector<grpc::ServerBuilderOption*> OptionsOf(
      grpc::ServerBuilder& builder) {
    return (builder.*(&ServerBuilderAccess::options))();
  }

  // How many interceptors were set with SetInterceptorCreators().
  static size_t CountInterceptors(const grpc::ServerBuilder& builder);
  // How many sources of connections have no port: external connection
  // acceptors and, since gRPC 1.65, passive listeners.
  static size_t CountPortless(const grpc::ServerBuilder& builder);

  // Of a server that is not to start: gRPC 1.83 ends the process if it destroys
  // one that has such listeners and was not started.
  static void RemovePassiveListeners(grpc::ServerBuilder& builder);

  // The server that will open the ports of the builder to whose plugin gRPC
  // gave `initializer`.
  static grpc_server* ServerOf(const grpc::ServerInitializer& initializer);
};

}  // namespace usher::guard

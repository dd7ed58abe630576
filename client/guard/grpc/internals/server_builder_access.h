// What a grpc::ServerBuilder will build: gRPC shows it only to derived classes.
#pragma once

#include <vector>

#include "grpcpp/server_builder.h"

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
};

}  // namespace usher::guard

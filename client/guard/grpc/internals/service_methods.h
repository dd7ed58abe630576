// The methods of a grpc::Service. gRPC has no public way to list them.
#pragma once

#include <memory>
#include <vector>

#include "grpcpp/impl/service_type.h"

namespace usher::guard {

using ServiceMethod = grpc::internal::RpcServiceMethod;
using ServiceMethods = std::vector<std::unique_ptr<ServiceMethod>>;

// Valid as long as `service`. An element is null if its method was marked
// generic.
const ServiceMethods& MethodsOf(const grpc::Service& service);

}  // namespace usher::guard

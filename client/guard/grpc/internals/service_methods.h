// The methods of a grpc::Service, which gRPC shows to nobody.
#pragma once

#include <memory>
#include <vector>

#include "grpcpp/impl/service_type.h"

namespace usher::guard {

using ServiceMethods =
    std::vector<std::unique_ptr<grpc::internal::RpcServiceMethod>>;

// Valid as long as `service`. Null where a method was marked generic.
const ServiceMethods& MethodsOf(const grpc::Service& service);

}  // namespace usher::guard

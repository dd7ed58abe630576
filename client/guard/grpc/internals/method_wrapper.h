// A method that stands in front of a method of another service and runs its
// handler for admitted calls only.
#pragma once

#include <memory>

#include "client/guard/grpc/internals/service_methods.h"
#include "grpcpp/server_context.h"

namespace usher::guard {

// Whether the handler may run for the call of this context.
using IsAdmitted = bool (*)(const grpc::ServerContextBase& context);

// Why `method` cannot be wrapped, as the end of a sentence that begins with its
// name. Null if it can.
const char* WhyNotWrappable(const ServiceMethod& method);

// A method with the name, the kind and the API style of `method`, which must be
// wrappable and must outlive it. Each call looks up the handler of `method`, so
// a message allocator may be set on it until the server starts. A call that is
// not admitted ends UNAUTHENTICATED, and everything that the handler would have
// freed is freed.
std::unique_ptr<ServiceMethod> WrapMethod(const ServiceMethod& method,
                                          IsAdmitted is_admitted);

}  // namespace usher::guard

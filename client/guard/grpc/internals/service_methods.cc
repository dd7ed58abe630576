#include "client/guard/grpc/internals/service_methods.h"

namespace usher::guard {
namespace {

// Access checks do not apply to the arguments of an explicit instantiation
// (C++20 [temp.spec] 6). This is the only way to a private member. It does not
// compile with a gRPC that has no member of this name and type.
using Member = ServiceMethods grpc::Service::*;

template <Member kMember>
struct Access {
  friend Member Methods() { return kMember; }
};
Member Methods();
template struct Access<&grpc::Service::methods_>;

}  // namespace

const ServiceMethods& MethodsOf(const grpc::Service& service) {
  return service.*Methods();
}

}  // namespace usher::guard

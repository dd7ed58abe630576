#include "client/guard/grpc/internals/service_methods.h"

namespace usher::guard {
namespace {

// Access checks do not apply to the arguments of an explicit instantiation
// (C++20 [temp.spec] 6): the one way there is to a private member. Where
// another gRPC has none of that name and type, this does not compile.
using Member = ServiceMethods grpc::Service::*;

template <Member kMember>
struct Shows {
  friend Member TheMember() { return kMember; }
};
Member TheMember();
template struct Shows<&grpc::Service::methods_>;

}  // namespace

const ServiceMethods& MethodsOf(const grpc::Service& service) {
  return service.*TheMember();
}

}  // namespace usher::guard

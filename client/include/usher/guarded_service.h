// Rich refusals: what a refused caller needs to know to mend its call.
//
//   Greeter greeter;
//   usher::GuardedService guarded(greeter);
//   builder.RegisterService(&guarded);  // instead of &greeter
//   (*guard)->Install(builder);
//
// The gate can tell a caller a code and a message. A refused call of a guarded
// service ends with the same code and message, and beside them
//
//   google.rpc.Status details  ErrorInfo (domain usher.dev, reason a name of
//       docs/reasons.md; metadata scope and scope_match where scopes lack) and
//       RetryInfo where trying again makes sense
//   www-authenticate           the trailer that RFC 6750 section 3 describes:
//       Bearer error="invalid_token", error_description="TOKEN_EXPIRED: ..."
//
// The gate lets such a call through, so that it reaches the wrapper that stands
// before each handler; and that runs the handler for a call only that the
// guard's interceptor found admitted. All others it refuses: without a guard
// every call, in-process channels included, but for public methods.
//
// The price: gRPC reads and parses the first message of a refused call before
// it comes to the wrapper, and a thread of the server is needed to refuse it.
#pragma once

#include <set>
#include <string>

#include "grpcpp/impl/service_type.h"

namespace usher {

// A service in front of another, with the same methods, in sync and callback
// style. Each call looks for the handler of the other service, so allocators
// and the like may be set on that at any time before the server starts.
//
// gRPC does not take it over: it must live as long as the server, and `service`
// as long as it.
class GuardedService final : public grpc::Service {
 public:
  explicit GuardedService(grpc::Service& service);

  // "/shop.v1.Orders/List": the methods that have a wrapper.
  const std::set<std::string>& wrapped() const { return wrapped_; }
  // Why no server starts with this; "" where all is well. A completion queue
  // has no handler to stand before, and a request that is no generated protobuf
  // message cannot be destroyed unread.
  const std::string& fault() const { return fault_; }

 private:
  std::set<std::string> wrapped_;
  std::string fault_;
};

}  // namespace usher

// Rich refusals: they tell a refused caller what to change.
//
//   Greeter greeter;
//   usher::GuardedService guarded(greeter);
//   builder.RegisterService(&guarded);  // instead of &greeter
//   (*guard)->Install(builder);
//
// The gate alone can end a call only with a code and a message. A call of a
// guarded service that the policy refuses although its token is good (a scope
// or a claim) ends with the same code and message, and with
//
//   google.rpc.Status details  ErrorInfo (domain usher.dev; reason is a name of
//       docs/reasons.md; metadata scope and scope_match if scopes are missing)
//   www-authenticate           if scopes are missing, the trailer of RFC 6750
//       section 3: Bearer error="insufficient_scope", ..., scope="orders.write"
//
// The gate lets such a call through, to a wrapper in front of each handler. The
// wrapper runs the handler only if the guard's interceptor has marked the call
// as admitted, and refuses every other call. On a server without a guard it
// refuses all calls. It also refuses calls through in-process channels, except
// to public methods.
//
// A call without a verified token ends at the gate, at once and without
// details: behind it gRPC would wait for the first message, which a stranger
// need never send, and keep what it got.
//
// The price: gRPC reads and parses the first message of a call with a good
// token before the wrapper can refuse it, and a thread of the server is needed.
#pragma once

#include <set>
#include <string>

#include "grpcpp/impl/service_type.h"

namespace usher {

// A service with the same methods as another, in sync or callback style. Each
// call looks up the handler of the other service, so a message allocator may be
// set there at any time before the server starts.
//
// gRPC does not take ownership: this object must live as long as the server,
// and `service` as long as this object.
class GuardedService final : public grpc::Service {
 public:
  explicit GuardedService(grpc::Service& service);

  // The methods that have a wrapper: "/shop.v1.Orders/List".
  const std::set<std::string>& wrapped() const { return wrapped_; }
  // Why no server starts with this service; "" if one can. A method that is
  // served on a completion queue has no handler to wrap, and a request cannot
  // be destroyed without the protobuf descriptor of its service, which the
  // linker drops if nothing refers to the .pb.cc.
  const std::string& error() const { return error_; }

 private:
  std::set<std::string> wrapped_;
  std::string error_;
};

}  // namespace usher

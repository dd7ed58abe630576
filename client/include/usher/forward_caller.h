// Calls the next service as the caller of this one, with the caller's token.
//
//   auto next = grpc::ClientContext::FromServerContext(*context);
//   usher::ForwardCaller(*context, *next, {.audience = "stock"});
//   stub->Reserve(next.get(), request, &reply);
//
// or, for a channel on which every call has a caller:
//
//   interceptors.push_back(
//       usher::ForwardingInterceptor({.audience = "stock"}));
//   auto channel = grpc::experimental::CreateCustomChannelWithInterceptors(
//       target, credentials, arguments, std::move(interceptors));
//   ...
//   usher::AttachCaller(*context, *next);
//   stub->Reserve(next.get(), request, &reply);
//
// The guard must keep tokens: GuardOptions::keep_tokens_to_forward. Each call
// names the server call whose caller it forwards; nothing is taken from the
// thread or the connection.
//
// The functions here do not fail. The call itself fails, at once and before
// anything is sent, with
//
//   FAILED_PRECONDITION  there is no caller (a public method, an unguarded
//                        server), no token was kept, the call has credentials
//                        already, or only one of ForwardingInterceptor() and
//                        AttachCaller() was used
//   UNAUTHENTICATED      TOKEN_EXPIRED: the token has expired meanwhile;
//                        AUDIENCE_MISMATCH: it is not meant for the next
//                        service; a text of gRPC's: the channel is not secure
//
// Since gRPC 1.63 the first four of these calls end with UNAVAILABLE, and their
// message stands after a text of gRPC's.
//
// A token that is meant for this service alone is not sent: the next service
// would refuse it, and could use it against this one. If the audiences differ,
// exchange the token at its issuer (RFC 8693) and send the new one.
//
// The call must have no other `authorization` (from AddMetadata() or from the
// channel's own call credentials): the next service refuses a call with two.
#pragma once

#include <memory>
#include <string>

#include "grpcpp/client_context.h"
#include "grpcpp/server_context.h"
#include "grpcpp/support/client_interceptor.h"

namespace usher {

struct NextService {
  // The audience of the next service. The token must be meant for it.
  std::string audience;

  // Sends the token even if the channel does not encrypt. Anyone who can read
  // the traffic can use the token.
  bool insecure_allow_plaintext = false;
};

// `next` will carry the token of the caller of `call`, which may be of any API
// style. Call this once for each `next`, before the call is made. `call` need
// not outlive this function.
void ForwardCaller(const grpc::ServerContextBase& call,
                   grpc::ClientContext& next, const NextService& service);

// The same, for a channel that has a ForwardingInterceptor. On any other
// channel the call fails.
void AttachCaller(const grpc::ServerContextBase& call,
                  grpc::ClientContext& next);

// For a channel to `service`. A call on it without AttachCaller() fails.
std::unique_ptr<grpc::experimental::ClientInterceptorFactoryInterface>
ForwardingInterceptor(NextService service);

}  // namespace usher

// Calls the next service as the caller of this one, with his own token.
//
//   auto next = grpc::ClientContext::FromServerContext(*context);
//   usher::ForwardCaller(*context, *next, {.audience = "stock"});
//   stub->Reserve(next.get(), request, &reply);
//
// or, for a channel whose every call is made for somebody:
//
//   interceptors.push_back(usher::ForwardingInterceptor({.audience =
//   "stock"})); auto channel =
//   grpc::experimental::CreateCustomChannelWithInterceptors(
//       target, credentials, arguments, std::move(interceptors));
//   ...
//   usher::HandOverCaller(*context, *next);
//   stub->Reserve(next.get(), request, &reply);
//
// The guard must have been told to keep tokens: GuardOptions::
// keep_tokens_to_forward. Who a call is made for is always said, call by call;
// nothing is taken from the thread or the connection.
//
// Nothing here fails. The call itself does, at once and before anything is
// sent, with
//
//   FAILED_PRECONDITION  there is no caller (a public method, an unguarded
//                        server), no token was kept, the call has credentials
//                        already, the interceptor and the handing over do not
//                        go together
//   UNAUTHENTICATED      TOKEN_EXPIRED: the token has expired meanwhile;
//                        AUDIENCE_MISMATCH: it is not meant for the next
//                        service; gRPC's own words: the channel is not secure
//
// A token that is meant for this service alone stays here: the next one would
// refuse it, and could use it against this one. Where the audiences differ,
// exchange the token at its issuer (RFC 8693) and send what you are given.
//
// The call must carry no `authorization` of another origin (AddMetadata(), the
// channel's own call credentials): with two, the next service refuses it.
#pragma once

#include <memory>
#include <string>

#include "grpcpp/client_context.h"
#include "grpcpp/server_context.h"
#include "grpcpp/support/client_interceptor.h"

namespace usher {

struct NextService {
  // What the next service calls itself: the token must be meant for it.
  std::string audience;

  // Sends the token in the clear where the channel does not encrypt. Whoever
  // listens can use it.
  bool insecure_allow_plaintext = false;
};

// `next` will carry the token of whoever makes the call that `call` belongs to,
// which may be that of any API style. Before the call is made; once for each
// context. `call` need not outlive this function.
void ForwardCaller(const grpc::ServerContextBase& call,
                   grpc::ClientContext& next, const NextService& service);

// Says for whom `next` is made, on a channel that has a ForwardingInterceptor;
// on any other the call fails. As ForwardCaller() otherwise.
void HandOverCaller(const grpc::ServerContextBase& call,
                    grpc::ClientContext& next);

// For a channel to `service`. A call on it that nobody handed a caller fails.
std::unique_ptr<grpc::experimental::ClientInterceptorFactoryInterface>
ForwardingInterceptor(NextService service);

}  // namespace usher

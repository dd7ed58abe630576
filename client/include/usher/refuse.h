// For handlers that refuse a call themselves, with the same details as the
// guard:
//
//   if (!caller->HasScope("orders.write")) {
//     return usher::RefuseScopes(*context, {"orders.write"});
//   }
//
// Both functions return the status to end the call with, with google.rpc.Status
// details (usher/guarded_service.h lists them). If another token would help,
// they add www-authenticate to the call's trailers (RFC 6750 section 3). They
// need no GuardedService and work in every API style: return the status, or
// give it to Finish(). Call one of them once for each call and, as with
// AddTrailingMetadata(), not while another thread ends the call.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "grpcpp/support/status.h"
#include "usher/verify_request.h"
#include "usher/verify_result.h"

namespace grpc {
class ServerContextBase;
}  // namespace grpc

namespace usher {

// PERMISSION_DENIED, "insufficient_scope: SCOPE_INSUFFICIENT: needs a b": the
// caller needs a token that has these scopes, or one of them.
grpc::Status RefuseScopes(grpc::ServerContextBase& context,
                          std::vector<std::string> scopes,
                          ScopeMatch match = ScopeMatch::kAll);

// Any other reason, with its code in docs/reasons.md (UNAVAILABLE for
// OVERLOADED). The caller sees `why`, so it should quote nothing that was not
// verified.
grpc::Status Refuse(grpc::ServerContextBase& context, Reason reason,
                    std::string_view why);

}  // namespace usher

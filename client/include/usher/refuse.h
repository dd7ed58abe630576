// For handlers that refuse a call themselves, as richly as the guard does:
//
//   if (!caller->HasScope("orders.write")) {
//     return usher::RefuseScopes(*context, {"orders.write"});
//   }
//
// Each adds www-authenticate to the call's trailers (RFC 6750 section 3), where
// another token would do, and returns the status to end it with, with
// google.rpc.Status details: usher/guarded_service.h says which. They need no
// GuardedService and work in every style of server: return the status, or give
// it to Finish(). Once for each call; like AddTrailingMetadata(), not while
// another thread ends the call.
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
// caller should come again with a token that holds them, or any of them.
grpc::Status RefuseScopes(grpc::ServerContextBase& context,
                          std::vector<std::string> scopes,
                          ScopeMatch match = ScopeMatch::kAll);

// Any other reason, with the code that docs/reasons.md has for it (overload is
// UNAVAILABLE). Callers are shown `why`, so it should quote nothing that was
// not verified.
grpc::Status Refuse(grpc::ServerContextBase& context, Reason reason,
                    std::string_view why);

}  // namespace usher

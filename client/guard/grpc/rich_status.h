// A refusal in the form of gRPC's richer error model.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "client/guard/decide/decision.h"
#include "grpcpp/support/status.h"

namespace usher::guard {

// Code and message of `refusal`, with google.rpc.Status details: ErrorInfo, and
// RetryInfo if another attempt makes sense.
grpc::Status RichStatus(const Decision& refusal);

// Adds www-authenticate if challenge.h has a challenge for `refusal`. `path` is
// the call's method: "/shop.v1.Orders/List".
void AddChallenge(const Decision& refusal, std::string_view path,
                  std::multimap<std::string, std::string>& trailers);

}  // namespace usher::guard

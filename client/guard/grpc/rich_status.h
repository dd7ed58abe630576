// A refusal as gRPC's richer error model has it.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "client/guard/decide/decision.h"
#include "grpcpp/support/status.h"

namespace usher::guard {

// Code and message of `refusal`, with google.rpc.Status details: ErrorInfo,
// and RetryInfo where trying again makes sense.
grpc::Status RichStatus(const Ruling& refusal);

// Adds www-authenticate where challenge.h has something to say.
void AddChallenge(const Ruling& refusal, std::string_view path,
                  std::multimap<std::string, std::string>& trailers);

}  // namespace usher::guard

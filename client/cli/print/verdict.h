// Prints usherd's response about a token.
#pragma once

#include "client/cli/base/console.h"
#include "usher/v1/token_service.pb.h"

namespace usher::cli {

// For people. A response without a result counts as undecided.
void Print(const v1::VerifyResponse& response, Console& console);
void Print(const v1::IntrospectResponse& response, Console& console);

ExitStatus StatusOf(const v1::VerifyResponse& response);

}  // namespace usher::cli

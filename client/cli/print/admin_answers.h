// Prints the responses of usherd's AdminService. Sends nothing, for tests.
#pragma once

#include "client/cli/base/console.h"
#include "usher/v1/admin_service.pb.h"

namespace usher::cli {

// Every check in its order, then the verdict.
void Print(const v1::ExplainResponse& response, Console& console);

// The table of issuers.
void Print(const v1::ListIssuersResponse& response, Console& console);

// The result of each issuer's fetch.
void Print(const v1::RefreshKeysResponse& response, Console& console);

}  // namespace usher::cli

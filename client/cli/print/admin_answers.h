// Prints what `usher explain` brings. Apart from the asking, for tests.
#pragma once

#include "client/cli/console.h"
#include "usher/v1/admin_service.pb.h"

namespace usher::cli {

// Every check in its order, then the verdict.
void Print(const v1::ExplainResponse& response, Console& console);

// The table of issuers.
void Print(const v1::ListIssuersResponse& response, Console& console);

// What became of each issuer's keys.
void Print(const v1::RefreshKeysResponse& response, Console& console);

}  // namespace usher::cli

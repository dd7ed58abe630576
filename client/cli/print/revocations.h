// Prints revocations. Sends nothing, for tests.
#pragma once

#include "client/cli/base/console.h"
#include "usher/v1/admin_service.pb.h"

namespace usher::cli {

// What is covered now, and until when.
void Print(const v1::RevokeResponse& response, Console& console);

// A table, and how many there are in all.
void Print(const v1::ListRevocationsResponse& response, Console& console);

}  // namespace usher::cli

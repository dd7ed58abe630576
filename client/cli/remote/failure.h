// Prints why there is no answer, and what to try.
#pragma once

#include "client/cli/base/console.h"
#include "client/cli/remote/connection.h"
#include "usher/verify_result.h"

namespace usher::cli {

// On `err`. Returns kUsage if the request was wrong, else kUndecided.
ExitStatus PrintFailure(const Undecided& undecided,
                        const Connection& connection, Console& console);

}  // namespace usher::cli

// Says why there is no answer, and what to try.
#pragma once

#include "client/cli/console.h"
#include "client/cli/remote/connection.h"
#include "usher/verify_result.h"

namespace usher::cli {

// On `err`. Returns kUsage where the question was wrong, else kUndecided.
ExitStatus Tell(const Undecided& undecided, const Connection& connection,
                Console& console);

}  // namespace usher::cli

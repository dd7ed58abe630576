// Says why there is no answer, and what to try.
#pragma once

#include "client/cli/connection.h"
#include "client/cli/console.h"
#include "usher/answer.h"

namespace usher::cli {

// On `err`. Returns kUsage where the question was wrong, else kUndecided.
ExitStatus Tell(const Undecided& undecided, const Connection& connection,
                Console& console);

}  // namespace usher::cli

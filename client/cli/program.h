// Reads the command line and runs the command in it.
#pragma once

#include "client/cli/base/console.h"

namespace usher::cli {

// Never throws. `argv` as main() gets it.
ExitStatus RunProgram(int argc, const char* const* argv, Console& console);

}  // namespace usher::cli

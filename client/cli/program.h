// Reads the command line and runs the command in it.
#pragma once

#include <cstddef>

#include "client/cli/console.h"

namespace usher::cli {

// Where explanations begin in a help text.
inline constexpr size_t kHelpColumn = 26;

// Never throws. `argv` as main() gets it.
ExitStatus RunProgram(int argc, const char* const* argv, Console& console);

}  // namespace usher::cli

// Reads the token of a command.
#pragma once

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "client/cli/base/console.h"
#include "usher/secret.h"

namespace usher::cli {

// `source` absent or "-": standard input; "@FILE": that file; else the token
// itself, with a warning, because other users of the machine can see it.
// Removes white space around it and a leading "Bearer ", with a note.
// INVALID_ARGUMENT if nothing is left or the source cannot be read.
absl::StatusOr<Secret> ReadToken(const std::optional<std::string>& source,
                                 Console& console);

}  // namespace usher::cli

// gRPC's log. Since 1.67 gRPC writes to Abseil's log; before, it had its own
// (gpr_log).
#pragma once

#include <string_view>

namespace usher::rpc {

// Thread-safe. Write one line to gRPC's log. It shows errors unless the program
// changes that.
void LogError(std::string_view line);
void LogInfo(std::string_view line);

// Gives each line of gRPC's log, and since 1.67 all of Abseil's log, to `sink`
// instead of standard error. Null: back to standard error. `sink` runs on
// any thread, several at once, and must not log. Not thread-safe itself.
using LogSink = void (*)(bool is_error, std::string_view line);
void SetLogSink(LogSink sink);

}  // namespace usher::rpc

// The program `usher`.
#include <unistd.h>

#include <cstdlib>
#include <iostream>
#include <string_view>

#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "client/cli/program.h"
#include "lib/rpc/grpc_log.h"

int main(int argc, char** argv) {
  // Debian's Abseil looks for deadlocks in release builds too, whenever gRPC
  // takes a lock.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  // gRPC's log lines would repeat our own messages.
  usher::rpc::SetLogSink([](bool, std::string_view) {});
  std::ios::sync_with_stdio(false);

  const char* no_colour = std::getenv("NO_COLOR");
  const bool colour = isatty(STDOUT_FILENO) == 1 &&
                      (no_colour == nullptr || *no_colour == '\0');
  usher::cli::Console console = {
      .in = std::cin,
      .out = std::cout,
      .err = std::cerr,
      .paint = usher::cli::Paint(colour),
      .in_is_terminal = isatty(STDIN_FILENO) == 1,
      .now = absl::Now(),
  };
  const usher::cli::ExitStatus status =
      usher::cli::RunProgram(argc, argv, console);
  if (!std::cout.flush()) {
    console.Fail("cannot write the answer to standard output");
    return static_cast<int>(usher::cli::ExitStatus::kUndecided);
  }
  return static_cast<int>(status);
}

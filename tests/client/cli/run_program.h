// Runs a program as a shell would.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace usher::testing {

struct Ran {
  int status = -1;  // as the shell sees it; -1: ended by a signal
  std::string out;
  std::string err;
};

// Waits for it to end. The first argument is its path, or a name for PATH.
Ran RunProgram(const std::vector<std::string>& arguments,
               std::string_view input = "");

// `usher` with these arguments.
Ran RunUsher(std::vector<std::string> arguments, std::string_view input = "");

// Why this machine gives no terminal (a chroot often has none); nullopt where
// it does.
std::optional<std::string> WhyNoTerminal();

// The same with a terminal for standard output, and these variables added to
// the environment ("NO_COLOR=1"). Standard error is not kept.
Ran RunUsherOnATerminal(const std::vector<std::string>& arguments,
                        std::string_view input,
                        const std::vector<std::string>& variables = {});

// A new empty directory of this test.
std::string NewDirectory();
void WriteFile(const std::string& path, std::string_view text);
std::string ReadFile(const std::string& path);

}  // namespace usher::testing

// The commands of `usher`. A command is one file in this folder and one line in
// table.cc.
#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "client/cli/base/console.h"

namespace usher::cli {

class Arguments;

// Runs a command, once the command line has been parsed.
using Run = std::function<ExitStatus(Console&)>;

struct Command {
  std::string_view name;
  std::string_view summary;  // one line of `usher --help`
  // Declares the command's options.
  Run (*add)(Arguments& arguments);
  // For `usher NAME --help`: what it does, exit status, examples.
  std::string_view notes;
};

std::vector<Command> Commands();

}  // namespace usher::cli

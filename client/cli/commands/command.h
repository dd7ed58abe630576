// The table of commands.
#pragma once

#include <functional>
#include <span>
#include <string_view>

#include "client/cli/console.h"

namespace usher::cli {

class Arguments;

using Run = std::function<ExitStatus(Console&)>;

// Each declares its options; what it returns runs it, after the
// command line was read.
Run AddVerify(Arguments& arguments);
Run AddIntrospect(Arguments& arguments);
Run AddInspect(Arguments& arguments);
Run AddExplain(Arguments& arguments);
Run AddIssuers(Arguments& arguments);
Run AddRefreshKeys(Arguments& arguments);
Run AddHealth(Arguments& arguments);
Run AddCheckConfig(Arguments& arguments);
Run AddCheckPolicy(Arguments& arguments);

struct Command {
  std::string_view name;
  std::string_view summary;
  Run (*add)(Arguments& arguments);
  std::string_view notes;  // what it does, its exit status, examples
};

std::span<const Command> Commands();

}  // namespace usher::cli

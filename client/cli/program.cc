#include "client/cli/program.h"

#include <CLI/CLI.hpp>
#include <map>
#include <string>

#include "client/cli/base/arguments.h"
#include "client/cli/commands/command.h"
#include "client/cli/version.h"
#include "lib/base/text/strings.h"

namespace usher::cli {
namespace {

constexpr char kAbout[] =
    "Verifies tokens with usherd; inspects tokens, configurations and "
    "policies.";
constexpr char kNotes[] =
    R"(`usher COMMAND --help` describes one command, with examples.

A token is read from standard input, from @FILE, or from the command line (where
other users of the machine can see it).

Exit status: 0 verified or no errors; 1 denied or errors found; 2 the command
line or the request is wrong; 3 undecided, or usherd cannot be reached.)";

// CLI11 throws. No exception leaves this function.
ExitStatus Parse(CLI::App& app, int argc, const char* const* argv,
                 Console& console) {
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& asked) {  // --help, --version
    app.exit(asked, console.out, console.err);
    return ExitStatus::kOk;
  } catch (const CLI::Error& error) {
    console.Fail(error.what());
    std::string name = "usher";
    for (const CLI::App* command : app.get_subcommands()) {
      name += base::StrCat(" ", command->get_name());
    }
    console.err << "  `" << name << " --help` shows how to use it\n";
    return ExitStatus::kUsage;
  }
  return ExitStatus::kOk;
}

}  // namespace

ExitStatus RunProgram(int argc, const char* const* argv, Console& console) {
  CLI::App app(kAbout, "usher");
  app.footer(kNotes);
  app.set_help_flag("-h,--help", "Print this help");
  app.set_version_flag("--version", base::StrCat("usher ", kVersion),
                       "Print the version");
  app.require_subcommand(1);
  app.get_formatter()->column_width(kHelpColumn);
  std::map<const CLI::App*, Run> runs;
  for (const Command& row : Commands()) {
    CLI::App& command =
        *app.add_subcommand(std::string(row.name), std::string(row.summary));
    command.footer(std::string(row.notes));
    Arguments arguments(command);
    runs[&command] = row.add(arguments);
  }
  if (argc <= 1) {
    console.err << app.help();
    return ExitStatus::kUsage;
  }
  const ExitStatus parsed = Parse(app, argc, argv, console);
  const auto asked = app.get_subcommands();
  if (parsed != ExitStatus::kOk || asked.empty() ||
      app.get_help_ptr()->count() > 0 ||
      asked[0]->get_help_ptr()->count() > 0) {
    return parsed;
  }
  return runs.at(asked[0])(console);
}

}  // namespace usher::cli

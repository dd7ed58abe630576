#include <memory>
#include <string>

#include "client/cli/base/arguments.h"
#include "client/cli/commands/command.h"
#include "lib/base/file.h"
#include "lib/base/json_writer.h"
#include "lib/base/text/strings.h"
#include "lib/config/config.h"
#include "lib/config/report.h"

namespace usher::cli {
namespace {

struct Options {
  std::string file;
  bool json = false;
};

constexpr Colour ColourOf(config::Severity severity) {
  switch (severity) {
    case config::Severity::kError:
      return Colour::kRed;
    case config::Severity::kWarning:
    case config::Severity::kNote:
      return Colour::kYellow;
    case config::Severity::kOk:
      break;
  }
  return Colour::kGreen;
}

ExitStatus CheckConfig(const Options& options, Console& console) {
  const config::Loaded loaded = config::Load(options.file);
  if (options.json) {
    base::JsonObject object;
    object.Add("file", base::PathForMessage(options.file))
        .Add("faults", loaded.errors)
        .Add("warnings", loaded.warnings)
        .Add("notes", loaded.notes);
    console.out << object.Text() << "\n";
  } else {
    console.out << config::FormatReport(
        loaded, options.file,
        [&](config::Severity severity, std::string_view word) {
          return console.paint(ColourOf(severity), word);
        });
  }
  return loaded.errors.empty() ? ExitStatus::kOk : ExitStatus::kNo;
}

Run Add(Arguments& arguments) {
  auto options = std::make_shared<Options>();
  arguments.Required({"file", "FILE", "usherd's configuration (YAML)"},
                     options->file);
  arguments.Flag({"--json", "", "Print one JSON object"}, options->json);
  return [options](Console& console) { return CheckConfig(*options, console); };
}

constexpr std::string_view kNotes =
    R"(Prints all errors at once, each with its path and line, and every setting that
weakens security. Reads the files that the configuration names. Does not use the
network.

Exit status:
  0  no errors
  1  errors
  2  the command line is wrong

Examples:
  usher check-config /etc/usher/usher.yaml
  usher check-config usher.yaml && systemctl reload usherd)";

}  // namespace

Command CheckConfigCommand() {
  return {
      .name = "check-config",
      .summary = "Check usherd's configuration without starting it",
      .add = Add,
      .notes = kNotes,
  };
}

}  // namespace usher::cli

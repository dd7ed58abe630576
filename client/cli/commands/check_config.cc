#include <memory>
#include <string>

#include "client/cli/arguments.h"
#include "client/cli/commands/command.h"
#include "lib/base/json_writer.h"
#include "lib/base/strings.h"
#include "lib/config/config.h"

namespace usher::cli {
namespace {

struct Options {
  std::string file;
  bool json = false;
};

void PrintText(const config::Loaded& loaded, const std::string& file,
               Console& console) {
  for (const std::string& fault : loaded.errors) {
    console.out << console.paint(Colour::kRed, "fault") << "    " << fault
                << "\n";
  }
  for (const std::string& warning : loaded.warnings) {
    console.out << console.paint(Colour::kYellow, "warning") << "  " << warning
                << "\n";
  }
  console.out << file << ": ";
  if (loaded.errors.empty()) {
    const size_t count = loaded.config->issuers.size();
    console.out << console.paint(Colour::kGreen, "fine") << ", " << count
                << (count == 1 ? " issuer\n" : " issuers\n");
  } else {
    const size_t count = loaded.errors.size();
    console.out << count << (count == 1 ? " fault\n" : " faults\n");
  }
}

ExitStatus CheckConfig(const Options& options, Console& console) {
  const config::Loaded loaded = config::Load(options.file);
  if (options.json) {
    base::JsonObject object;
    object.Add("file", options.file)
        .Add("faults", loaded.errors)
        .Add("warnings", loaded.warnings);
    console.out << object.Text() << "\n";
  } else {
    PrintText(loaded, options.file, console);
  }
  return loaded.errors.empty() ? ExitStatus::kFine : ExitStatus::kNo;
}

Run Add(Arguments& arguments) {
  auto options = std::make_shared<Options>();
  arguments.Required({"file", "FILE", "usherd's configuration (YAML)"},
                     options->file);
  arguments.Flag({"--json", "", "Print one JSON object"}, options->json);
  return [options](Console& console) { return CheckConfig(*options, console); };
}

constexpr std::string_view kNotes =
    R"(Prints all errors at once, each with its place, and every setting that weakens
security. Reads the files that the configuration names. Does not use the
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

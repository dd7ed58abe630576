#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "client/cli/arguments.h"
#include "client/cli/commands/command.h"
#include "client/cli/print/format.h"
#include "client/cli/print/policy_report.h"
#include "client/cli/remote/connection.h"
#include "client/cli/remote/server_methods.h"
#include "client/cli/token/token_source.h"
#include "lib/base/strings.h"
#include "lib/policy/policy_file.h"

namespace usher::cli {
namespace {

struct Options {
  std::string file;
  std::vector<std::string> descriptors;
  std::optional<std::string> token;
  Connection connection = {
      .flag = "--server", .target = "", .who = "the server"};
  bool json = false;

  bool knows_methods() const {
    return !descriptors.empty() || !connection.target.empty();
  }
};

std::string_view WayOut(const grpc::Status& status) {
  switch (status.error_code()) {
    case grpc::StatusCode::UNIMPLEMENTED:
      return "the server has no reflection (v1alpha); give it "
             "--descriptors FILE instead";
    case grpc::StatusCode::UNAUTHENTICATED:
    case grpc::StatusCode::PERMISSION_DENIED:
      return "its reflection is guarded; try --token @FILE";
    default:
      return "does the server run there, and does it speak TLS?";
  }
}

ExitStatus AskServer(const Options& options, Console& console,
                     Methods& methods) {
  const auto usage = [&](const absl::Status& fault) {
    console.Fail(base::Std(fault.message()));
    return ExitStatus::kUsage;
  };
  const auto settings = OptionsOf(options.connection, console);
  if (!settings.ok()) return usage(settings.status());
  auto transport = Connect(options.connection, console);
  if (!transport.ok()) return usage(transport.status());
  std::string authorization;
  if (options.token) {
    const auto token = ReadToken(options.token, console);
    if (!token.ok()) return usage(token.status());
    authorization = base::StrCat("Bearer ", token->Reveal());
  }
  const grpc::Status status =
      AddFromReflection((*transport)->channel(), authorization,
                        absl::Now() + settings->deadline, methods);
  if (status.ok()) return ExitStatus::kFine;
  console.Fail(base::StrCat("cannot ask ", options.connection.target, ": ",
                            Visible(status.error_message())));
  console.err << "  " << WayOut(status) << "\n";
  return ExitStatus::kUndecided;
}

ExitStatus CheckPolicy(const Options& options, Console& console) {
  const auto text = guard::ReadPolicyFile(options.file);
  guard::FilePolicy file;
  if (text.ok()) {
    file = guard::ParsePolicyFile(*text);
  } else {
    file.faults.push_back(
        base::StrCat("policy: ", base::Std(text.status().message())));
  }
  Methods methods;
  for (const std::string& path : options.descriptors) {
    const absl::Status status = AddFromDescriptors(path, methods);
    if (status.ok()) continue;
    console.Fail(base::Std(status.message()));
    return ExitStatus::kUsage;
  }
  if (file.faults.empty() && !options.connection.target.empty()) {
    const ExitStatus asked = AskServer(options, console, methods);
    if (asked != ExitStatus::kFine) return asked;
  }
  PolicyReport report(options.file, std::move(file));
  if (options.knows_methods()) report.Judge(methods);
  if (options.json) {
    console.out << report.Json() << "\n";
  } else {
    report.Print(console);
  }
  return report.fine() ? ExitStatus::kFine : ExitStatus::kNo;
}

}  // namespace

Run AddCheckPolicy(Arguments& arguments) {
  auto options = std::make_shared<Options>();
  arguments.Required({"file", "FILE", "The policy of a guarded server (YAML)"},
                     options->file);
  arguments.List({"--descriptors", "FILE",
                  "What protoc --descriptor_set_out wrote of the server's "
                  "services; may be repeated"},
                 options->descriptors);
  arguments.Flag({"--json", "", "Print one JSON object"}, options->json);
  AddOptions(options->connection, arguments);
  arguments.Group("Connection");
  arguments.Text({"--token", "TOKEN",
                  "A token for the server's reflection, where that is guarded: "
                  "@FILE, or - for standard input"},
                 options->token);
  arguments.Group("");
  return [options](Console& console) { return CheckPolicy(*options, console); };
}

}  // namespace usher::cli

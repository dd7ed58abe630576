#include <memory>

#include "client/cli/base/arguments.h"
#include "client/cli/commands/command.h"
#include "client/cli/print/json_output.h"
#include "client/cli/remote/ask_admin.h"
#include "client/cli/remote/connection.h"
#include "client/cli/remote/revocation_flags.h"

namespace usher::cli {
namespace {

struct Options {
  Connection connection = Connection::ToAdmin();
  RevocationFlags flags;
  bool json = false;
};

ExitStatus Unrevoke(const Options& options, Console& console) {
  v1::UnrevokeRequest request;
  if (!ToTarget(options.flags, *request.mutable_target(), console)) {
    return ExitStatus::kUsage;
  }
  request.set_reason(options.flags.reason);
  const auto reply = AskAdmin<v1::UnrevokeResponse>(
      options.connection, std::move(request),
      &v1::AdminService::Stub::PrepareAsyncUnrevoke, console,
      [&](const grpc::Status& status) {
        return PrintRevocationFailure(status, options.connection, console);
      });
  if (const auto* status = std::get_if<ExitStatus>(&reply)) return *status;
  if (options.json) {
    PrintJson(std::get<v1::UnrevokeResponse>(reply), console.out);
  } else {
    console.out << "lifted\n";
  }
  return ExitStatus::kOk;
}

Run Add(Arguments& arguments) {
  auto options = std::make_shared<Options>();
  AddOptions(options->flags, arguments);
  AddOptions(options->connection, arguments);
  arguments.Flag({"--json", "", "Print the answer as proto JSON"},
                 options->json);
  return [options](Console& console) { return Unrevoke(*options, console); };
}

constexpr std::string_view kNotes =
    R"(Lifts the revocation of exactly this target. A token that another revocation
covers too stays denied: `usher revocations` lists them, `usher explain` shows
which one a token meets.

Exit status:
  0  lifted
  1  there is no such revocation
  2  the command line is wrong, or usherd keeps no revocations
  3  the store cannot be written, or usherd cannot be reached

Examples:
  usher unrevoke corp --subject 4711 --reason "by mistake"
  usher unrevoke corp --everything --reason "all keys replaced")";

}  // namespace

Command UnrevokeCommand() {
  return {
      .name = "unrevoke",
      .summary = "Lift a revocation",
      .add = Add,
      .notes = kNotes,
  };
}

}  // namespace usher::cli

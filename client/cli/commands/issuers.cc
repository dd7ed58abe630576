#include <algorithm>
#include <memory>

#include "client/cli/base/arguments.h"
#include "client/cli/commands/command.h"
#include "client/cli/print/admin_answers.h"
#include "client/cli/print/json_output.h"
#include "client/cli/remote/ask_admin.h"
#include "client/cli/remote/connection.h"

namespace usher::cli {
namespace {

struct Options {
  Connection connection = Connection::ToAdmin();
  bool json = false;
};

ExitStatus Issuers(const Options& options, Console& console) {
  const auto reply = AskAdmin<v1::ListIssuersResponse>(
      options.connection, v1::ListIssuersRequest(),
      &v1::AdminService::Stub::PrepareAsyncListIssuers, console);
  if (const auto* status = std::get_if<ExitStatus>(&reply)) return *status;
  const auto& response = std::get<v1::ListIssuersResponse>(reply);
  if (options.json) {
    PrintJson(response, console.out);
  } else {
    Print(response, console);
  }
  const auto& issuers = response.issuers();
  return std::all_of(issuers.begin(), issuers.end(),
                     [](const auto& issuer) { return issuer.ready(); })
             ? ExitStatus::kOk
             : ExitStatus::kNo;
}

Run Add(Arguments& arguments) {
  auto options = std::make_shared<Options>();
  AddOptions(options->connection, arguments);
  arguments.Flag({"--json", "", "Print the answer as proto JSON"},
                 options->json);
  return [options](Console& console) { return Issuers(*options, console); };
}

constexpr std::string_view kNotes =
    R"(AGE is the time since the last successful key fetch; REFRESH is the time of
the next one. The keys of a stale issuer are past their freshness and still in
use.

Exit status:
  0  every issuer has keys
  1  an issuer has no keys
  2  the command line is wrong
  3  usherd cannot be reached

Examples:
  usher issuers
  usher issuers --json | jq '.issuers[] | select(.ready | not) | .name')";

}  // namespace

Command IssuersCommand() {
  return {
      .name = "issuers",
      .summary = "Show the configured issuers and the state of their keys",
      .add = Add,
      .notes = kNotes,
  };
}

}  // namespace usher::cli

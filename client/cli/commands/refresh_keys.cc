#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "client/cli/base/arguments.h"
#include "client/cli/commands/command.h"
#include "client/cli/print/admin_answers.h"
#include "client/cli/print/json_output.h"
#include "client/cli/remote/ask_admin.h"
#include "client/cli/remote/connection.h"

namespace usher::cli {
namespace {

struct Options {
  // usherd waits for slow providers, so this takes longer than other requests.
  Options() { connection.timeout = "30s"; }

  Connection connection = Connection::ToAdmin();
  std::vector<std::string> issuers;
  bool all = false;
  bool json = false;
};

ExitStatus RefreshKeys(const Options& options, Console& console) {
  if (options.all != options.issuers.empty()) {
    console.Fail("name the issuers whose keys to fetch, or use --all");
    return ExitStatus::kUsage;
  }
  v1::RefreshKeysRequest request;
  request.set_all_issuers(options.all);
  request.mutable_issuer_names()->Assign(options.issuers.begin(),
                                         options.issuers.end());
  const auto reply = AskAdmin<v1::RefreshKeysResponse>(
      options.connection, std::move(request),
      &v1::AdminService::Stub::PrepareAsyncRefreshKeys, console);
  if (const auto* status = std::get_if<ExitStatus>(&reply)) return *status;
  const auto& response = std::get<v1::RefreshKeysResponse>(reply);
  if (options.json) {
    PrintJson(response, console.out);
  } else {
    Print(response, console);
  }
  const auto& issuers = response.issuers();
  return std::any_of(issuers.begin(), issuers.end(),
                     [](const auto& issuer) { return issuer.has_error(); })
             ? ExitStatus::kUndecided
             : ExitStatus::kOk;
}

Run Add(Arguments& arguments) {
  auto options = std::make_shared<Options>();
  arguments.Positional({"issuer", "ISSUER",
                        "The issuers' names in usherd's "
                        "configuration"},
                       options->issuers);
  arguments.Flag({"--all", "", "Every issuer"}, options->all);
  AddOptions(options->connection, arguments);
  arguments.Flag({"--json", "", "Print the answer as proto JSON"},
                 options->json);
  return [options](Console& console) { return RefreshKeys(*options, console); };
}

constexpr std::string_view kNotes =
    R"(For a compromised key: usherd fetches the key sets now, even if they are
fresh, and prints which keys were added and removed. If a fetch fails, usherd
keeps the previous keys. Only the usherd that is asked does this: run it for
every replica. Clients stop using cached verdicts within 30 s.

Exit status:
  0  fetched
  2  the command line is wrong, or no issuer of that name is configured
  3  some keys could not be fetched, or usherd cannot be reached

Examples:
  usher refresh-keys corp
  usher refresh-keys --all --json | jq '.issuers[] | select(.error) | .name')";

}  // namespace

Command RefreshKeysCommand() {
  return {
      .name = "refresh-keys",
      .summary = "Make usherd fetch issuers' keys now",
      .add = Add,
      .notes = kNotes,
  };
}

}  // namespace usher::cli

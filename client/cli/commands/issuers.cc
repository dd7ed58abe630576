#include <algorithm>
#include <memory>

#include "client/cli/arguments.h"
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
             ? ExitStatus::kFine
             : ExitStatus::kNo;
}

}  // namespace

Run AddIssuers(Arguments& arguments) {
  auto options = std::make_shared<Options>();
  AddOptions(options->connection, arguments);
  arguments.Flag({"--json", "", "Print the answer as proto JSON"},
                 options->json);
  return [options](Console& console) { return Issuers(*options, console); };
}

}  // namespace usher::cli

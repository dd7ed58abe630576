#include <memory>

#include "client/cli/base/arguments.h"
#include "client/cli/commands/command.h"
#include "client/cli/print/admin_answers.h"
#include "client/cli/print/json_output.h"
#include "client/cli/print/verdict.h"
#include "client/cli/remote/ask_admin.h"
#include "client/cli/remote/connection.h"
#include "client/cli/remote/request_flags.h"
#include "client/core/wire.h"
#include "lib/base/text/strings.h"

namespace usher::cli {
namespace {

struct Options {
  Connection connection = Connection::ToAdmin();
  RequestFlags request;
  bool json = false;
};

ExitStatus Explain(const Options& options, Console& console) {
  auto verify = RequestOf(options.request, console);
  if (!verify.ok()) {
    console.Fail(base::Std(verify.status().message()));
    return ExitStatus::kUsage;
  }
  if (client::PrecheckToken(verify->token())) {
    console.Fail(
        "this is not a token: it is too long, or contains bytes that no token "
        "may contain; `usher inspect` shows which");
    return ExitStatus::kNo;
  }
  v1::ExplainRequest request;
  *request.mutable_request() = *std::move(verify);
  const auto reply = AskAdmin<v1::ExplainResponse>(
      options.connection, std::move(request),
      &v1::AdminService::Stub::PrepareAsyncExplain, console);
  if (const auto* status = std::get_if<ExitStatus>(&reply)) return *status;
  const auto& response = std::get<v1::ExplainResponse>(reply);
  if (options.json) {
    PrintJson(response, console.out);
  } else {
    Print(response, console);
  }
  return StatusOf(response.response());
}

Run Add(Arguments& arguments) {
  auto options = std::make_shared<Options>();
  AddOptions(options->request, arguments);
  AddOptions(options->connection, arguments);
  arguments.Flag({"--json", "", "Print the answer as proto JSON"},
                 options->json);
  return [options](Console& console) { return Explain(*options, console); };
}

constexpr std::string_view kNotes =
    R"(Lists the checks in order: passed, failed, or not reached because an earlier
check decided. Asks usherd's admin listener, which is on loopback by default:
the details would help an attacker who forges tokens.

Exit status:
  0  verified
  1  denied
  2  the command line is wrong, or usherd rejects the request
  3  undecided, or usherd cannot be reached

Examples:
  usher explain --audience orders < token.txt
  usher explain @token.txt --audience orders --admin 127.0.0.1:9444)";

}  // namespace

Command ExplainCommand() {
  return {
      .name = "explain",
      .summary = "Show every check that usherd makes on a token",
      .add = Add,
      .notes = kNotes,
  };
}

}  // namespace usher::cli

#include <memory>

#include "client/cli/arguments.h"
#include "client/cli/commands/command.h"
#include "client/cli/print/admin_answers.h"
#include "client/cli/print/json_output.h"
#include "client/cli/print/verdict.h"
#include "client/cli/remote/ask_admin.h"
#include "client/cli/remote/connection.h"
#include "client/cli/remote/request_flags.h"
#include "client/core/wire.h"
#include "lib/base/strings.h"

namespace usher::cli {
namespace {

struct Options {
  Connection connection = Connection::ToAdmin();
  Question question;
  bool json = false;
};

ExitStatus Explain(const Options& options, Console& console) {
  auto question = RequestOf(options.question, console);
  if (!question.ok()) {
    console.Fail(base::Std(question.status().message()));
    return ExitStatus::kUsage;
  }
  if (client::DeniedUnasked(question->token())) {
    console.Fail(
        "this can be no token: it is too long, or holds bytes that no token "
        "may hold; `usher inspect` says which");
    return ExitStatus::kNo;
  }
  v1::ExplainRequest request;
  *request.mutable_request() = *std::move(question);
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

}  // namespace

Run AddExplain(Arguments& arguments) {
  auto options = std::make_shared<Options>();
  AddOptions(options->question, arguments);
  AddOptions(options->connection, arguments);
  arguments.Flag({"--json", "", "Print the answer as proto JSON"},
                 options->json);
  return [options](Console& console) { return Explain(*options, console); };
}

}  // namespace usher::cli

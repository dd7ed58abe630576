#include <functional>
#include <memory>

#include "client/cli/arguments.h"
#include "client/cli/ask.h"
#include "client/cli/checks.h"
#include "client/cli/command.h"
#include "client/cli/connection.h"
#include "client/cli/failure.h"
#include "client/cli/json_output.h"
#include "client/cli/question.h"
#include "client/cli/verdict.h"
#include "client/wire.h"
#include "lib/base/strings.h"
#include "usher/v1/admin_service.grpc.pb.h"

namespace usher::cli {
namespace {

struct Options {
  Connection connection = Connection::ToAdmin();
  Question question;
  bool json = false;
};

ExitStatus Explain(const Options& options, Console& console) {
  auto transport = Connect(options.connection, console);
  if (!transport.ok()) {
    console.Fail(base::Std(transport.status().message()));
    return ExitStatus::kUsage;
  }
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
  const auto stub = v1::AdminService::NewStub((*transport)->channel());
  const auto reply = Ask<v1::ExplainRequest, v1::ExplainResponse>(
      **transport, std::move(request),
      std::bind_front(&v1::AdminService::Stub::PrepareAsyncExplain,
                      stub.get()));
  if (!reply.status.ok()) {
    return Tell(client::UndecidedFrom(reply.status), options.connection,
                console);
  }
  if (options.json) {
    PrintJson(reply.response, console.out);
  } else {
    Print(reply.response, console);
  }
  return StatusOf(reply.response.response());
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

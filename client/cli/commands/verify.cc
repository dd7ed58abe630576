#include <functional>
#include <memory>

#include "client/cli/arguments.h"
#include "client/cli/commands/command.h"
#include "client/cli/print/failure.h"
#include "client/cli/print/json_output.h"
#include "client/cli/print/verdict.h"
#include "client/cli/remote/ask.h"
#include "client/cli/remote/connection.h"
#include "client/cli/remote/request_flags.h"
#include "client/core/wire.h"
#include "lib/base/strings.h"
#include "usher/v1/token_service.grpc.pb.h"

namespace usher::cli {
namespace {

struct Options {
  Connection connection = Connection::ToServer();
  Question question;
  bool json = false;
};

// What usherd would have said in a batch: so that --json always prints one
// shape.
v1::VerifyResponse AsResponse(const Undecided& undecided) {
  v1::VerifyResponse response;
  v1::Undecided& told = *response.mutable_undecided();
  if (undecided.reason) {
    told.set_reason(static_cast<v1::Reason>(*undecided.reason));
  }
  told.set_message(undecided.message);
  if (undecided.retry_after) {
    absl::Duration rest = *undecided.retry_after;
    told.mutable_retry_after()->set_seconds(
        absl::IDivDuration(rest, absl::Seconds(1), &rest));
    told.mutable_retry_after()->set_nanos(
        static_cast<int32_t>(absl::ToInt64Nanoseconds(rest)));
  }
  return response;
}

v1::VerifyResponse AsResponse(const Denied& denied) {
  v1::VerifyResponse response;
  response.mutable_denial()->set_reason(
      static_cast<v1::Reason>(*denied.reason));
  response.mutable_denial()->set_message(denied.message);
  return response;
}

ExitStatus Answer(const v1::VerifyResponse& response, const Options& options,
                  Console& console) {
  if (options.json) {
    PrintJson(response, console.out);
  } else {
    Print(response, console);
  }
  return StatusOf(response);
}

ExitStatus Verify(const Options& options, Console& console) {
  auto transport = Connect(options.connection, console);
  if (!transport.ok()) {
    console.Fail(base::Std(transport.status().message()));
    return ExitStatus::kUsage;
  }
  auto request = RequestOf(options.question, console);
  if (!request.ok()) {
    console.Fail(base::Std(request.status().message()));
    return ExitStatus::kUsage;
  }
  if (const auto denied = client::DeniedUnasked(request->token())) {
    return Answer(AsResponse(*denied), options, console);
  }
  const auto stub = v1::TokenService::NewStub((*transport)->channel());
  const auto reply = Ask<v1::VerifyRequest, v1::VerifyResponse>(
      **transport, *std::move(request),
      std::bind_front(&v1::TokenService::Stub::PrepareAsyncVerify, stub.get()));
  if (reply.status.ok()) return Answer(reply.response, options, console);
  const Undecided undecided = client::UndecidedFrom(reply.status);
  if (options.json) PrintJson(AsResponse(undecided), console.out);
  return Tell(undecided, options.connection, console);
}

}  // namespace

Run AddVerify(Arguments& arguments) {
  auto options = std::make_shared<Options>();
  AddOptions(options->question, arguments);
  AddOptions(options->connection, arguments);
  arguments.Flag({"--json", "", "Print the answer as proto JSON"},
                 options->json);
  return [options](Console& console) { return Verify(*options, console); };
}

}  // namespace usher::cli

#include <functional>
#include <memory>

#include "absl/strings/str_split.h"
#include "client/cli/base/arguments.h"
#include "client/cli/commands/command.h"
#include "client/cli/print/json_output.h"
#include "client/cli/print/verdict.h"
#include "client/cli/remote/ask.h"
#include "client/cli/remote/connection.h"
#include "client/cli/remote/failure.h"
#include "client/cli/remote/request_flags.h"
#include "client/cli/token/local_verification.h"
#include "client/core/wire.h"
#include "lib/base/text/strings.h"
#include "lib/rpc/time.h"
#include "usher/v1/token_service.grpc.pb.h"

namespace usher::cli {
namespace {

struct Options {
  Connection connection = Connection::ToServer();
  RequestFlags request;
  std::optional<std::string> config;
  bool json = false;
};

// The result that a batch would contain, so that --json always prints one
// shape.
v1::VerifyResponse AsResponse(const Undecided& undecided) {
  v1::VerifyResponse response;
  v1::Undecided& out = *response.mutable_undecided();
  if (undecided.reason) {
    out.set_reason(static_cast<v1::Reason>(*undecided.reason));
  }
  out.set_message(undecided.message);
  if (undecided.retry_after) {
    rpc::ToWire(*undecided.retry_after, *out.mutable_retry_after());
  }
  return response;
}

v1::VerifyResponse AsResponse(const Denial& denied) {
  v1::VerifyResponse response;
  response.mutable_denial()->set_reason(
      static_cast<v1::Reason>(*denied.reason));
  response.mutable_denial()->set_message(denied.message);
  return response;
}

ExitStatus PrintResponse(const v1::VerifyResponse& response,
                         const Options& options, Console& console) {
  if (options.json) {
    PrintJson(response, console.out);
  } else {
    Print(response, console);
  }
  return StatusOf(response);
}

ExitStatus VerifyWithConfig(const Options& options, Console& console) {
  // A configuration's errors: each has a line of its own.
  const auto usage = [&console](const absl::Status& error) {
    for (const absl::string_view line : absl::StrSplit(error.message(), '\n')) {
      console.Fail(base::Std(line));
    }
    return ExitStatus::kUsage;
  };
  const auto timeout = TimeoutOf(options.connection);
  if (!timeout.ok()) return usage(timeout.status());
  const auto request = RequestOf(options.request, console);
  if (!request.ok()) return usage(request.status());
  const auto response =
      VerifyLocally(*options.config, *request, *timeout, console);
  if (!response.ok()) return usage(response.status());
  return PrintResponse(*response, options, console);
}

ExitStatus Verify(const Options& options, Console& console) {
  if (options.config) return VerifyWithConfig(options, console);
  auto transport = Connect(options.connection, console);
  if (!transport.ok()) {
    console.Fail(base::Std(transport.status().message()));
    return ExitStatus::kUsage;
  }
  auto request = RequestOf(options.request, console);
  if (!request.ok()) {
    console.Fail(base::Std(request.status().message()));
    return ExitStatus::kUsage;
  }
  if (const auto denied = client::PrecheckToken(request->token())) {
    return PrintResponse(AsResponse(*denied), options, console);
  }
  const auto stub = v1::TokenService::NewStub((*transport)->channel());
  const auto reply = Ask<v1::VerifyRequest, v1::VerifyResponse>(
      **transport, *std::move(request),
      std::bind_front(&v1::TokenService::Stub::PrepareAsyncVerify, stub.get()));
  if (reply.status.ok()) return PrintResponse(reply.response, options, console);
  const Undecided undecided = client::UndecidedFrom(reply.status);
  if (options.json) PrintJson(AsResponse(undecided), console.out);
  return PrintFailure(undecided, options.connection, console);
}

Run Add(Arguments& arguments) {
  auto options = std::make_shared<Options>();
  AddOptions(options->request, arguments);
  AddOptions(options->connection, arguments);
  arguments.Text({"--config", "FILE",
                  "Verify without usherd, with the issuers of this "
                  "configuration of usherd"},
                 options->config);
  arguments.Flag({"--json", "", "Print the answer as proto JSON"},
                 options->json);
  return [options](Console& console) { return Verify(*options, console); };
}

constexpr std::string_view kNotes =
    R"(Prints the claims of a good token, or the reason for a denial.

Exit status:
  0  verified
  1  denied
  2  the command line, the request or the configuration is wrong
  3  undecided, or usherd cannot be reached

Examples:
  usher verify --audience orders < token.txt
  usher verify @token.txt --audience orders --scope read --scope write
  usher verify @token.txt --server dns:///usher:9443 --ca ca.pem \
      --cert orders.crt --key orders.key --audience orders
  usher verify @token.txt --audience orders --json | jq .verified.subject
  usher verify @token.txt --audience orders --config usher.yaml)";

}  // namespace

Command VerifyCommand() {
  return {
      .name = "verify",
      .summary = "Verify a token with usherd",
      .add = Add,
      .notes = kNotes,
  };
}

}  // namespace usher::cli

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "client/cli/base/arguments.h"
#include "client/cli/commands/command.h"
#include "client/cli/print/json_output.h"
#include "client/cli/print/verdict.h"
#include "client/cli/remote/ask.h"
#include "client/cli/remote/connection.h"
#include "client/cli/remote/failure.h"
#include "client/cli/remote/request_flags.h"
#include "client/cli/token/token_source.h"
#include "client/core/wire.h"
#include "lib/base/text/strings.h"
#include "usher/v1/token_service.grpc.pb.h"

namespace usher::cli {
namespace {

struct Options {
  Connection connection = Connection::ToServer();
  std::optional<std::string> token;
  std::vector<std::string> audiences;
  std::optional<std::string> issuer;
  bool check_at_issuer = false;
  bool json = false;
};

ExitStatus PrintResponse(const v1::IntrospectResponse& response,
                         const Options& options, Console& console) {
  if (options.json) {
    PrintJson(response, console.out);
  } else {
    Print(response, console);
  }
  return response.active() ? ExitStatus::kOk : ExitStatus::kNo;
}

ExitStatus Introspect(const Options& options, Console& console) {
  auto transport = Connect(options.connection, console);
  if (!transport.ok()) {
    console.Fail(base::Std(transport.status().message()));
    return ExitStatus::kUsage;
  }
  const auto token = ReadToken(options.token, console);
  if (!token.ok()) {
    console.Fail(base::Std(token.status().message()));
    return ExitStatus::kUsage;
  }
  if (client::PrecheckToken(token->Reveal())) {
    return PrintResponse(v1::IntrospectResponse(), options, console);
  }
  v1::IntrospectRequest request;
  request.set_token(std::string(token->Reveal()));
  request.mutable_audiences()->Add(options.audiences.begin(),
                                   options.audiences.end());
  if (options.issuer) request.set_issuer(*options.issuer);
  request.set_check_at_issuer(options.check_at_issuer);
  const auto stub = v1::TokenService::NewStub((*transport)->channel());
  const auto reply = Ask<v1::IntrospectRequest, v1::IntrospectResponse>(
      **transport, std::move(request),
      std::bind_front(&v1::TokenService::Stub::PrepareAsyncIntrospect,
                      stub.get()));
  if (reply.status.ok()) return PrintResponse(reply.response, options, console);
  return PrintFailure(client::UndecidedFrom(reply.status), options.connection,
                      console);
}

Run Add(Arguments& arguments) {
  auto options = std::make_shared<Options>();
  AddTokenOption(options->token, arguments);
  AddAudienceOption(options->audiences, arguments);
  AddIssuerOptions(options->issuer, options->check_at_issuer, arguments);
  AddOptions(options->connection, arguments);
  arguments.Flag({"--json", "", "Print the answer as proto JSON"},
                 options->json);
  return [options](Console& console) { return Introspect(*options, console); };
}

constexpr std::string_view kNotes =
    R"(Makes the same decision as `usher verify`, but gives no reason for a denial.
usherd asks the issuer about an opaque token, and with --check-at-issuer about a
JWT too.

Exit status:
  0  active
  1  not active
  2  the command line is wrong, or usherd rejects the request
  3  undecided, or usherd cannot be reached

Examples:
  usher introspect --audience orders < token.txt
  usher introspect @token.txt --audience orders --json)";

}  // namespace

Command IntrospectCommand() {
  return {
      .name = "introspect",
      .summary = "Introspect a token with usherd (RFC 7662)",
      .add = Add,
      .notes = kNotes,
  };
}

}  // namespace usher::cli

#include <algorithm>
#include <functional>
#include <memory>

#include "client/cli/arguments.h"
#include "client/cli/ask.h"
#include "client/cli/checks.h"
#include "client/cli/command.h"
#include "client/cli/connection.h"
#include "client/cli/failure.h"
#include "client/cli/json_output.h"
#include "client/wire.h"
#include "lib/base/strings.h"
#include "usher/v1/admin_service.grpc.pb.h"

namespace usher::cli {
namespace {

struct Options {
  Connection connection = Connection::ToAdmin();
  bool json = false;
};

ExitStatus Issuers(const Options& options, Console& console) {
  auto transport = Connect(options.connection, console);
  if (!transport.ok()) {
    console.Fail(base::Std(transport.status().message()));
    return ExitStatus::kUsage;
  }
  const auto stub = v1::AdminService::NewStub((*transport)->channel());
  const auto reply = Ask<v1::ListIssuersRequest, v1::ListIssuersResponse>(
      **transport, v1::ListIssuersRequest(),
      std::bind_front(&v1::AdminService::Stub::PrepareAsyncListIssuers,
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
  const auto& issuers = reply.response.issuers();
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
